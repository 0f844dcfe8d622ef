// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: the four loops of batch norm are those of plain double loops at sizes around
// vectors, with and without the mask, the addition and the kept gradient; nothing is written behind the outputs; NaN stays NaN
// through ReLU.
#include "kindred/kernels/norm_rows.h"

#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

using test::Kind;

constexpr int64_t kNormRows = 7;

template <class T>
struct NormData {
  explicit NormData(int64_t dims)
      : x(test::numbers<T>(kNormRows * dims, Kind::kUniform, 1)),
        g(test::numbers<T>(kNormRows * dims, Kind::kUniform, 2)),
        more(test::numbers<T>(kNormRows * dims, Kind::kUniform, 3)),
        y(test::numbers<T>(kNormRows * dims, Kind::kUniform, 4)),
        a(test::numbers<T>(dims, Kind::kUniform, 5)),
        b(test::numbers<T>(dims, Kind::kUniform, 6)),
        c(test::numbers<T>(dims, Kind::kUniform, 7)),
        d(test::numbers<T>(dims, Kind::kUniform, 8)) {}
  test::Aligned<T> x, g, more, y, a, b, c, d;
};

template <class T>
double wide(const test::Aligned<T>& v, int64_t i) {
  return static_cast<double>(v[static_cast<size_t>(i)]);
}
template <class T>
constexpr double kNormGap = 64 * test::kRounding<T>;  // all numbers below 8

template <class T>
class NormRows : public testing::Test {};
using NormRowTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(NormRows, NormRowTypes);

TYPED_TEST(NormRows, MomentsAreThoseOfPlainLoops) {
  using T = TypeParam;
  for (const int64_t dims : test::kEdgeSizes)
    for (const int64_t rows : {int64_t{1}, int64_t{2}, kNormRows}) {
      const NormData<T> data(dims);
      test::for_every_target([&] {
        auto mean = test::canaries<T>(dims), square = test::canaries<T>(dims);
        norm_moments(data.x.data(), rows, dims, mean.data(), square.data());
        for (int64_t k = 0; k < dims; ++k) {
          double middle = 0, sum = 0;
          for (int64_t i = 0; i < rows; ++i) middle += wide(data.x, i * dims + k) / static_cast<double>(rows);
          for (int64_t i = 0; i < rows; ++i) sum += std::pow(wide(data.x, i * dims + k) - middle, 2);
          ASSERT_NEAR(wide(mean, k), middle, kNormGap<T>) << dims;
          ASSERT_NEAR(wide(square, k), sum, kNormGap<T>) << dims;
        }
        EXPECT_TRUE(test::untouched(mean, dims) && test::untouched(square, dims));
      });
    }
}

TYPED_TEST(NormRows, ForwardIsThatOfPlainLoops) {
  using T = TypeParam;
  for (const int64_t dims : test::kEdgeSizes)
    for (const bool relu : {false, true})
      for (const bool added : {false, true}) {
        const NormData<T> data(dims);
        test::for_every_target([&] {
          auto y = test::canaries<T>(kNormRows * dims);
          norm_forward({data.x.data(), added ? data.more.data() : nullptr, data.a.data(), data.b.data(), data.c.data(),
                        relu, y.data()},
                       kNormRows, dims);
          for (int64_t i = 0; i < kNormRows * dims; ++i) {
            const int64_t k = i % dims;
            double want = (wide(data.x, i) - wide(data.a, k)) * wide(data.b, k) + wide(data.c, k);
            if (added) want += wide(data.more, i);
            ASSERT_NEAR(wide(y, i), relu ? std::max(0.0, want) : want, kNormGap<T>) << dims << " " << i;
          }
          EXPECT_TRUE(test::untouched(y, kNormRows * dims));
        });
      }
}

TYPED_TEST(NormRows, GradientsAreThoseOfPlainLoops) {
  using T = TypeParam;
  for (const int64_t dims : test::kEdgeSizes)
    for (const bool mask : {false, true})
      for (const bool keep : {false, true}) {
        const NormData<T> data(dims);
        const T* y = mask ? data.y.data() : nullptr;
        test::for_every_target([&] {
          auto sum = test::canaries<T>(dims), product = test::canaries<T>(dims);
          auto dx = test::canaries<T>(kNormRows * dims), kept = test::canaries<T>(kNormRows * dims);
          norm_sums({data.g.data(), y, data.x.data(), data.a.data(), sum.data(), product.data()}, kNormRows, dims);
          norm_backward({data.g.data(), y, data.x.data(), data.a.data(), data.b.data(), data.c.data(), data.d.data(),
                         dx.data(), keep ? kept.data() : nullptr},
                        kNormRows, dims);
          for (int64_t k = 0; k < dims; ++k) {
            double sums = 0, products = 0;
            for (int64_t i = k; i < kNormRows * dims; i += dims) {
              const double g = mask && wide(data.y, i) <= 0 ? 0 : wide(data.g, i),
                           v = wide(data.x, i) - wide(data.a, k);
              sums += g, products += g * v;
              ASSERT_NEAR(wide(dx, i), g * wide(data.b, k) + v * wide(data.c, k) + wide(data.d, k), kNormGap<T>);
              if (keep) {
                ASSERT_EQ(wide(kept, i), g);
              }
            }
            ASSERT_NEAR(wide(sum, k), sums, kNormGap<T>);
            ASSERT_NEAR(wide(product, k), products, kNormGap<T>);
          }
          EXPECT_TRUE(test::untouched(sum, dims) && test::untouched(product, dims));
          EXPECT_TRUE(test::untouched(dx, kNormRows * dims) && test::untouched(kept, keep ? kNormRows * dims : 0));
        });
      }
}

TYPED_TEST(NormRows, NaNStaysThroughReluAndTheMask) {
  using T = TypeParam;
  constexpr T kNone = std::numeric_limits<T>::quiet_NaN();
  for (const int64_t dims : {int64_t{1}, int64_t{17}}) {
    NormData<T> data(dims);
    data.x[0] = data.y[0] = kNone;
    test::for_every_target([&] {
      auto y = test::canaries<T>(kNormRows * dims), sum = test::canaries<T>(dims), product = test::canaries<T>(dims);
      norm_forward({data.x.data(), nullptr, data.a.data(), data.b.data(), data.c.data(), true, y.data()}, kNormRows,
                   dims);
      for (int64_t i = 0; i < kNormRows * dims; ++i) EXPECT_EQ(std::isnan(wide(y, i)), i == 0) << i;
      norm_sums({data.g.data(), data.y.data(), data.x.data(), data.a.data(), sum.data(), product.data()}, kNormRows,
                dims);
      EXPECT_TRUE(std::isnan(wide(product, 0)) && !std::isnan(wide(sum, 0)));
    });
  }
}

}  // namespace
}  // namespace kindred
