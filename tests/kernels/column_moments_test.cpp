// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: sums and sums of squares down the columns are those of plain double loops at sizes
// around vectors, with rows apart; exact on whole numbers; a large mean that is shifted away costs no digits; what stood in the
// outputs is overwritten and nothing behind them; NaN stays in its column.
#include "kindred/kernels/column_moments.h"

#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

using test::Kind;

template <class T>
void check_column_moments(int64_t rows, int64_t dims, Kind kind) {
  SCOPED_TRACE(testing::Message() << rows << " rows of " << dims << ", kind " << static_cast<int>(kind));
  const int64_t stride = dims + 5;
  const auto x = test::numbers<T>(rows * stride, kind, 1), shift = test::numbers<T>(dims, kind, 2);
  std::vector<double> sums, squares, sizes;
  for (int64_t k = 0; k < dims; ++k) {
    double sum = 0, square = 0, size = 0;
    for (int64_t i = 0; i < rows; ++i) {
      const double v = static_cast<double>(x[static_cast<size_t>(i * stride + k)]) -
                       static_cast<double>(shift[static_cast<size_t>(k)]);
      sum += v, square += v * v, size += std::abs(v);
    }
    sums.push_back(sum), squares.push_back(square), sizes.push_back(size);
  }
  const double unit = (kind == Kind::kWhole ? 0 : test::kRounding<T>)*static_cast<double>(rows + 4);
  test::for_every_target([&] {
    auto sum = test::canaries<T>(dims), square = test::canaries<T>(dims);
    column_moments(x.data(), stride, rows, dims, shift.data(), sum.data(), square.data());
    for (size_t k = 0; k < sums.size(); ++k) {
      ASSERT_NEAR(static_cast<double>(sum[k]), sums[k], unit * sizes[k]) << k;
      ASSERT_NEAR(static_cast<double>(square[k]), squares[k], unit * squares[k]) << k;
    }
    EXPECT_TRUE(test::untouched(sum, dims) && test::untouched(square, dims));
  });
}

template <class T>
class ColumnMoments : public testing::Test {};
using ColumnMomentTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(ColumnMoments, ColumnMomentTypes);

TYPED_TEST(ColumnMoments, AreThoseOfPlainLoops) {
  for (const int64_t dims : test::kEdgeSizes)
    for (const int64_t rows : {1, 2, 9, 256})
      for (const Kind kind : test::kKinds) check_column_moments<TypeParam>(rows, dims, kind);
}

TYPED_TEST(ColumnMoments, AShiftTakesALargeMeanAway) {  // 2^20 + {0, 1/8}, exact in both types
  constexpr int64_t kRows = 100, kDims = 19;
  test::Aligned<TypeParam> x(kRows * kDims, TypeParam(1 << 20));
  const test::Aligned<TypeParam> shift(kDims, TypeParam(1 << 20));
  for (size_t i = 0; i < x.size(); i += 2 * kDims)
    for (size_t k = 0; k < kDims; ++k) x[i + k] += TypeParam(0.125);
  test::for_every_target([&] {
    auto sum = test::canaries<TypeParam>(kDims), square = test::canaries<TypeParam>(kDims);
    column_moments(x.data(), kDims, kRows, kDims, shift.data(), sum.data(), square.data());
    for (size_t k = 0; k < kDims; ++k) {
      EXPECT_EQ(sum[k], TypeParam(50 * 0.125));
      EXPECT_EQ(square[k], TypeParam(50 * 0.125 * 0.125));
    }
  });
}

TYPED_TEST(ColumnMoments, NaNStaysInItsColumn) {
  for (const int64_t dims : {1, 17, 64})
    for (const int64_t at : {int64_t{0}, dims - 1}) {
      auto x = test::numbers<TypeParam>(3 * dims, Kind::kUniform, 3);
      x[static_cast<size_t>(dims + at)] = std::numeric_limits<TypeParam>::quiet_NaN();
      const test::Aligned<TypeParam> shift(static_cast<size_t>(dims), TypeParam{1});
      test::for_every_target([&] {
        auto sum = test::canaries<TypeParam>(dims), square = test::canaries<TypeParam>(dims);
        column_moments(x.data(), dims, 3, dims, shift.data(), sum.data(), square.data());
        for (int64_t k = 0; k < dims; ++k) {
          EXPECT_EQ(std::isnan(sum[static_cast<size_t>(k)]), k == at) << k;
          EXPECT_EQ(std::isnan(square[static_cast<size_t>(k)]), k == at) << k;
        }
      });
    }
}

}  // namespace
}  // namespace kindred
