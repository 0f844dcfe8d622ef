// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: the dot product and the scaled sum are those of plain double loops, within the
// rounding of their terms, at sizes around vectors and at unaligned starts; exact on whole numbers; nothing behind the row is
// written; NaN comes through.
#include "kindred/kernels/row_products.h"

#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

using test::Kind;

template <class T>
void check_row_products(int64_t dims, int64_t start, Kind kind) {
  SCOPED_TRACE(testing::Message() << dims << " numbers from " << start << ", kind " << static_cast<int>(kind));
  const auto a = test::numbers<T>(start + dims, kind, 1), b = test::numbers<T>(start + dims, kind, 2);
  double dot = 0, size = 0;
  for (int64_t k = start; k < start + dims; ++k) {
    const double term = static_cast<double>(a[static_cast<size_t>(k)]) * static_cast<double>(b[static_cast<size_t>(k)]);
    dot += term, size += std::abs(term);
  }
  const double unit = kind == Kind::kWhole ? 0 : test::kRounding<T>;  // whole numbers: exact
  test::for_every_target([&] {
    EXPECT_NEAR(static_cast<double>(row_dot(a.data() + start, b.data() + start, dims)), dot,
                static_cast<double>(dims + 2) * unit * size);
    auto to = test::canaries<T>(start + dims);
    std::copy(b.begin(), b.end(), to.begin());
    add_scaled_row(T(-2.5), a.data() + start, dims, to.data() + start);
    for (size_t k = static_cast<size_t>(start); k < a.size(); ++k) {
      const double added = -2.5 * static_cast<double>(a[k]), want = static_cast<double>(b[k]) + added;
      ASSERT_NEAR(static_cast<double>(to[k]), want, 2 * unit * (std::abs(added) + std::abs(want))) << k;
    }
    for (size_t k = 0; k < static_cast<size_t>(start); ++k) EXPECT_EQ(to[k], b[k]);
    EXPECT_TRUE(test::untouched(to, start + dims));
  });
}

template <class T>
class RowProducts : public testing::Test {};
using RowProductTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(RowProducts, RowProductTypes);

TYPED_TEST(RowProducts, AreThoseOfPlainLoops) {
  for (const int64_t dims : test::kEdgeSizes)
    for (const int64_t start : {0, 1, 3})
      for (const Kind kind : test::kKinds) check_row_products<TypeParam>(dims, start, kind);
}

TYPED_TEST(RowProducts, LetNaNThrough) {
  for (const int64_t dims : {1, 17, 64})
    for (const int64_t at : {int64_t{0}, dims - 1}) {
      auto a = test::numbers<TypeParam>(dims, Kind::kUniform, 3);
      const auto b = a;
      a[static_cast<size_t>(at)] = std::numeric_limits<TypeParam>::quiet_NaN();
      test::for_every_target([&] {
        EXPECT_TRUE(std::isnan(row_dot(a.data(), b.data(), dims)));
        auto to = b;
        add_scaled_row(TypeParam{2}, a.data(), dims, to.data());
        for (int64_t k = 0; k < dims; ++k) EXPECT_EQ(std::isnan(to[static_cast<size_t>(k)]), k == at);
      });
    }
}

}  // namespace
}  // namespace kindred
