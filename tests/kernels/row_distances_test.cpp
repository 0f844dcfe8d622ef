// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: squared distances and weighed sums of differences are those of plain double loops
// at counts and dimensions around vectors, with rows apart; exact on whole numbers and between near duplicates; a row of weight
// 0 does not count, whatever is in it; nothing behind the output is written; NaN comes through.
#include "kindred/kernels/row_distances.h"

#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

using test::Kind;

template <class T>
void check_row_distances(int64_t count, int64_t dims, Kind kind) {
  SCOPED_TRACE(testing::Message() << count << " rows of " << dims << ", kind " << static_cast<int>(kind));
  const int64_t stride = dims + 3;
  const auto x = test::numbers<T>(dims, kind, 1), b = test::numbers<T>(count * stride, kind, 2);
  auto weights = test::numbers<T>(count, kind == Kind::kWhole ? kind : Kind::kUniform, 3);
  weights[static_cast<size_t>(count / 2)] = 0;
  const auto difference = [&](int64_t j, int64_t k) {
    return static_cast<double>(x[static_cast<size_t>(k)]) - static_cast<double>(b[static_cast<size_t>(j * stride + k)]);
  };
  const double unit = kind == Kind::kWhole ? 0 : test::kRounding<T>;
  test::for_every_target([&] {
    auto out = test::canaries<T>(count), sums = test::canaries<T>(dims);
    square_distances(x.data(), b.data(), stride, count, dims, out.data());
    for (int64_t j = 0; j < count; ++j) {
      double want = 0;
      for (int64_t k = 0; k < dims; ++k) want += difference(j, k) * difference(j, k);
      ASSERT_NEAR(static_cast<double>(out[static_cast<size_t>(j)]), want, static_cast<double>(dims + 4) * unit * want)
          << j;
    }
    EXPECT_TRUE(test::untouched(out, count));
    weighed_differences(weights.data(), x.data(), b.data(), stride, count, dims, sums.data());
    for (int64_t k = 0; k < dims; ++k) {
      double want = 0, size = 0;
      for (int64_t j = 0; j < count; ++j) {
        const double term = static_cast<double>(weights[static_cast<size_t>(j)]) * difference(j, k);
        want += term, size += std::abs(term);
      }
      ASSERT_NEAR(static_cast<double>(sums[static_cast<size_t>(k)]), want, static_cast<double>(count + 3) * unit * size)
          << k;
    }
    EXPECT_TRUE(test::untouched(sums, dims));
  });
}

template <class T>
class RowDistances : public testing::Test {};
using RowDistanceTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(RowDistances, RowDistanceTypes);

TYPED_TEST(RowDistances, AreThoseOfPlainLoops) {
  for (const int64_t dims : test::kEdgeSizes)
    for (const int64_t count : {1, 3, 4, 5, 9, 33})
      for (const Kind kind : test::kKinds) check_row_distances<TypeParam>(count, dims, kind);
}

TYPED_TEST(RowDistances, OfNearDuplicatesKeepTheirDigits) {
  constexpr TypeParam kStep =
      sizeof(TypeParam) == 4 ? TypeParam(1.0 / 1024) : TypeParam(1.0 / (1 << 26));  // exact beside 100
  for (const int64_t dims : {1, 5, 16, 49}) {
    const test::Aligned<TypeParam> x(static_cast<size_t>(dims), TypeParam(100)), b(x.size(), TypeParam(100) + kStep);
    test::for_every_target([&] {
      TypeParam out = 0;
      square_distances(x.data(), b.data(), dims, 1, dims, &out);
      EXPECT_EQ(out, static_cast<TypeParam>(dims) * kStep * kStep);
    });
  }
}

TYPED_TEST(RowDistances, RowsOfWeightZeroDoNotCount) {
  for (const int64_t dims : {1, 3, 16, 33, 70}) {
    const auto x = test::numbers<TypeParam>(dims, Kind::kUniform, 4);
    auto b = test::numbers<TypeParam>(2 * dims, Kind::kUniform, 5);
    std::fill(b.begin(), b.begin() + dims, std::numeric_limits<TypeParam>::infinity());
    const TypeParam weights[] = {0, 1};
    test::for_every_target([&] {
      auto out = test::canaries<TypeParam>(dims);
      weighed_differences(weights, x.data(), b.data(), dims, 2, dims, out.data());
      for (size_t k = 0; k < x.size(); ++k) EXPECT_EQ(out[k], x[k] - b[x.size() + k]) << k << " of " << dims;
    });
  }
}

TYPED_TEST(RowDistances, LetNaNThrough) {
  for (const int64_t dims : {1, 17, 64}) {
    const auto x = test::numbers<TypeParam>(dims, Kind::kUniform, 6);
    auto b = test::numbers<TypeParam>(6 * dims, Kind::kUniform, 7);
    b[static_cast<size_t>(3 * dims - 1)] = std::numeric_limits<TypeParam>::quiet_NaN();  // of row 2
    const test::Aligned<TypeParam> weights(6, TypeParam{1});
    test::for_every_target([&] {
      auto out = test::canaries<TypeParam>(6), sums = test::canaries<TypeParam>(dims);
      square_distances(x.data(), b.data(), dims, 6, dims, out.data());
      for (size_t j = 0; j < 6; ++j) EXPECT_EQ(std::isnan(out[j]), j == 2) << j;
      weighed_differences(weights.data(), x.data(), b.data(), dims, 6, dims, sums.data());
      for (int64_t k = 0; k < dims; ++k) EXPECT_EQ(std::isnan(sums[static_cast<size_t>(k)]), k == dims - 1) << k;
    });
  }
}

}  // namespace
}  // namespace kindred
