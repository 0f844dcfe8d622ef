// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: unit rows, their inverse lengths and the gradient through them are those of plain
// double loops at sizes around vectors, with rows apart; rows whose squares leave the type's range keep their direction; rows
// shorter than the limit become 0 with gradient 0; the padding becomes 0 and nothing behind it is written; NaN comes through.
#include "kindred/kernels/row_units.h"

#include "kindred/kernels/pair_tile.h"
#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

using test::Kind;

double length_of(const auto* x, int64_t dims) {
  double top = 0, sum = 0;
  for (int64_t k = 0; k < dims; ++k) top = std::max(top, std::abs(static_cast<double>(x[k])));
  if (top == 0) return 0;
  for (int64_t k = 0; k < dims; ++k) sum += std::pow(static_cast<double>(x[k]) / top, 2);
  return top * std::sqrt(sum);
}

template <class T>
void check_unit_rows(int64_t n, int64_t dims, const test::Aligned<T>& x, double zero) {
  const int64_t stride = dims + 3;
  const double unit = test::kRounding<T> * static_cast<double>(dims + 6);
  test::for_every_target([&] {
    const int64_t z_stride = padded_stride<T>(dims), padded = padded_dims<T>(dims);
    auto z = test::canaries<T>(n * z_stride), inverse = test::canaries<T>(n);
    unit_rows(x.data(), stride, n, dims, zero, z.data(), z_stride, inverse.data());
    for (int64_t i = 0; i < n; ++i) {
      const T *row = x.data() + i * stride, *got = z.data() + i * z_stride;
      const double length = length_of(row, dims), want = length < zero ? 0 : 1 / length;
      ASSERT_NEAR(static_cast<double>(inverse[static_cast<size_t>(i)]), want, unit * want) << "row " << i;
      for (int64_t k = 0; k < dims; ++k)
        ASSERT_NEAR(static_cast<double>(got[k]), static_cast<double>(row[k]) * want,
                    unit * std::abs(static_cast<double>(row[k]) * want))
            << k;
      for (int64_t k = dims; k < z_stride; ++k)
        ASSERT_EQ(got[k], k < padded ? T{0} : test::kCanary<T>) << "behind row " << i;
    }
    EXPECT_TRUE(test::untouched(inverse, n) && test::untouched(z, n * z_stride));
  });
}

template <class T>
void check_unit_rows_back(int64_t n, int64_t dims) {
  const int64_t stride = dims + 3;
  const auto x = test::numbers<T>(n * stride, Kind::kUniform, 1), g = test::numbers<T>(n * stride, Kind::kUniform, 2);
  test::for_every_target([&] {
    const int64_t z_stride = padded_stride<T>(dims);
    auto z = test::canaries<T>(n * z_stride), inverse = test::canaries<T>(n), dx = test::canaries<T>(n * stride);
    unit_rows(x.data(), stride, n, dims, 1e-12, z.data(), z_stride, inverse.data());
    inverse[0] = 0;  // as if row 0 had been too short
    unit_rows_back(z.data(), z_stride, inverse.data(), g.data(), stride, n, dims, dx.data(), stride);
    for (int64_t i = 0; i < n; ++i) {
      const T *unit = z.data() + i * z_stride, *grad = g.data() + i * stride, *got = dx.data() + i * stride;
      double along = 0, size = 0;
      for (int64_t k = 0; k < dims; ++k) {
        const double term = static_cast<double>(unit[k]) * static_cast<double>(grad[k]);
        along += term, size += std::abs(term);
      }
      const auto by = static_cast<double>(inverse[static_cast<size_t>(i)]);
      for (int64_t k = 0; k < dims; ++k) {
        const double want = by * (static_cast<double>(grad[k]) - static_cast<double>(unit[k]) * along);
        const double terms =
            by * (std::abs(static_cast<double>(grad[k])) + std::abs(static_cast<double>(unit[k])) * size);
        ASSERT_NEAR(static_cast<double>(got[k]), want, test::kRounding<T> * static_cast<double>(dims + 6) * terms)
            << i << ", " << k;
      }
      for (int64_t k = dims; k < stride; ++k) ASSERT_EQ(got[k], test::kCanary<T>) << "behind row " << i;
    }
  });
}

template <class T>
class UnitRowsKernel : public testing::Test {};
using UnitRowsKernelTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(UnitRowsKernel, UnitRowsKernelTypes);

TYPED_TEST(UnitRowsKernel, AreTheRowsOverTheirLengths) {
  for (const int64_t dims : test::kEdgeSizes)
    for (const int64_t n : {1, 5})
      for (const Kind kind : test::kKinds)
        check_unit_rows<TypeParam>(n, dims, test::numbers<TypeParam>(n * (dims + 3), kind, 3), 1e-20);
}

TYPED_TEST(UnitRowsKernel, KeepDirectionsWhoseSquaresDoNotFit) {
  const std::vector<double> sizes = sizeof(TypeParam) == 4 ? std::vector{1e-30, 1e30} : std::vector{1e-200, 1e200};
  for (const int64_t dims : {1, 4, 17, 64})
    for (const double size : sizes) {
      auto x = test::numbers<TypeParam>(3 * (dims + 3), Kind::kUniform, 4);
      for (auto& value : x) value *= static_cast<TypeParam>(size);
      check_unit_rows<TypeParam>(3, dims, x, 0);
    }
}

TYPED_TEST(UnitRowsKernel, RowsShorterThanTheLimitBecomeZero) {
  for (const int64_t dims : {1, 3, 16, 33}) {
    auto x = test::numbers<TypeParam>(4 * (dims + 3), Kind::kEqual, 5);
    std::fill(x.begin(), x.begin() + dims, TypeParam{0});
    std::fill(x.begin() + (dims + 3), x.begin() + 2 * (dims + 3), TypeParam(1e-14));
    check_unit_rows<TypeParam>(4, dims, x, 1e-12);
  }
}

TYPED_TEST(UnitRowsKernel, GradientIsThatOfPlainLoops) {
  for (const int64_t dims : test::kEdgeSizes)
    for (const int64_t n : {1, 5}) check_unit_rows_back<TypeParam>(n, dims);
}

TYPED_TEST(UnitRowsKernel, LetNaNThrough) {
  for (const int64_t dims : {1, 17, 64})
    for (const int64_t at : {int64_t{0}, dims - 1}) {
      auto x = test::numbers<TypeParam>(2 * dims, Kind::kUniform, 6);
      x[static_cast<size_t>(at)] = std::numeric_limits<TypeParam>::quiet_NaN();  // of row 0
      test::for_every_target([&] {
        const int64_t stride = padded_stride<TypeParam>(dims);
        auto z = test::canaries<TypeParam>(2 * stride), inverse = test::canaries<TypeParam>(2);
        unit_rows(x.data(), dims, 2, dims, 1e-12, z.data(), stride, inverse.data());
        EXPECT_TRUE(std::isnan(z[static_cast<size_t>(at)]));
        EXPECT_TRUE(std::isnan(inverse[0]));
        EXPECT_FALSE(std::isnan(inverse[1]));
      });
    }
}

}  // namespace
}  // namespace kindred
