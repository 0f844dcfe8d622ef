// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double, with ReLU and without: values, column sums and gradients are those of plain
// double loops at sizes around vectors; in place too; nothing is written behind the outputs; ReLU's gradient is 0 at 0 and
// below, and lets what is not a number pass.
#include "kindred/kernels/column_norm.h"

#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

using test::Kind;

template <class T>
void check_column_norm(int64_t rows, int64_t dims, bool relu) {
  SCOPED_TRACE(testing::Message() << rows << " rows of " << dims << ", relu " << relu);
  const auto x = test::numbers<T>(rows * dims, Kind::kWhole, 1), dy = test::numbers<T>(rows * dims, Kind::kWhole, 2);
  const auto scale = test::numbers<T>(dims, Kind::kWhole, 3), shift = test::numbers<T>(dims, Kind::kWhole, 4),
             mean = test::numbers<T>(dims, Kind::kWhole, 5), level = test::numbers<T>(dims, Kind::kWhole, 6),
             slope = test::numbers<T>(dims, Kind::kWhole, 7);
  std::vector<double> y, dx, sum(static_cast<size_t>(dims), 0.0), product(sum);
  for (size_t i = 0; i < static_cast<size_t>(rows * dims); ++i) {
    const size_t k = i % static_cast<size_t>(dims);
    const double v = static_cast<double>(x[i]) * static_cast<double>(scale[k]) + static_cast<double>(shift[k]);
    const double g = relu && v <= 0 ? 0 : static_cast<double>(dy[i]);
    const double centred = static_cast<double>(x[i]) - static_cast<double>(mean[k]);
    y.push_back(relu && v <= 0 ? 0 : v);
    sum[k] += g, product[k] += g * centred;
    dx.push_back(g * static_cast<double>(scale[k]) - static_cast<double>(level[k]) - static_cast<double>(slope[k]) * centred);
  }
  const ColumnNorm<T> norm{.scale = scale.data(), .shift = shift.data(), .mean = mean.data(), .relu = relu};
  test::for_every_target([&] {  // whole numbers: exact in both types
    auto out = test::canaries<T>(rows * dims), sums = test::canaries<T>(dims), products = test::canaries<T>(dims);
    norm_columns(x.data(), rows, dims, norm, out.data());
    for (size_t i = 0; i < y.size(); ++i) ASSERT_EQ(static_cast<double>(out[i]), y[i]) << i;
    EXPECT_TRUE(test::untouched(out, rows * dims));
    norm_back_sums(x.data(), dy.data(), rows, dims, norm, sums.data(), products.data());
    for (size_t k = 0; k < sum.size(); ++k) {
      ASSERT_EQ(static_cast<double>(sums[k]), sum[k]) << k;
      ASSERT_EQ(static_cast<double>(products[k]), product[k]) << k;
    }
    EXPECT_TRUE(test::untouched(sums, dims) && test::untouched(products, dims));
    auto in_place = dy;
    norm_back(x.data(), dy.data(), rows, dims, norm, level.data(), slope.data(), out.data());
    norm_back(x.data(), in_place.data(), rows, dims, norm, level.data(), slope.data(), in_place.data());
    for (size_t i = 0; i < dx.size(); ++i) {
      ASSERT_EQ(static_cast<double>(out[i]), dx[i]) << i;
      ASSERT_EQ(static_cast<double>(in_place[i]), dx[i]) << i;
    }
    EXPECT_TRUE(test::untouched(out, rows * dims));
  });
}

template <class T>
class ColumnNormKernel : public testing::Test {};
using ColumnNormTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(ColumnNormKernel, ColumnNormTypes);

TYPED_TEST(ColumnNormKernel, IsThatOfPlainLoops) {
  for (const int64_t dims : test::kEdgeSizes)
    for (const int64_t rows : {1, 2, 9})
      for (const bool relu : {false, true}) check_column_norm<TypeParam>(rows, dims, relu);
}

TYPED_TEST(ColumnNormKernel, ReluCutsAtZeroAndLetsNanPass) {
  const TypeParam nan = std::numeric_limits<TypeParam>::quiet_NaN();
  const std::vector<TypeParam> x{TypeParam(-1), TypeParam(0), TypeParam(2), nan}, one(4, TypeParam(1)), zero(4, TypeParam(0));
  const ColumnNorm<TypeParam> norm{.scale = one.data(), .shift = zero.data(), .mean = zero.data(), .relu = true};
  test::for_every_target([&] {
    std::vector<TypeParam> y(4), dx(4);
    norm_columns(x.data(), 1, 4, norm, y.data());
    norm_back(x.data(), one.data(), 1, 4, norm, zero.data(), zero.data(), dx.data());
    EXPECT_EQ(y[0], 0);
    EXPECT_EQ(y[1], 0);
    EXPECT_EQ(y[2], 2);
    EXPECT_TRUE(std::isnan(y[3]));
    EXPECT_EQ(dx[0], 0);
    EXPECT_EQ(dx[1], 0);
    EXPECT_EQ(dx[2], 1);
    EXPECT_TRUE(std::isnan(dx[3]));
  });
}

}  // namespace
}  // namespace kindred
