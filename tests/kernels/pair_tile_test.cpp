// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: rows go into panels where the header says; products of tiles and the
// way back are those of plain double loops at sizes around vectors, groups of 8, panels and a whole tile, with dimensions around
// the stretches that the loops cut them into; exact on whole numbers; only the cells that may be overwritten are; a NaN or
// infinite row touches its own cells alone.
#include "kindred/kernels/pair_tile.h"

#include <algorithm>

#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

using test::Kind;

int64_t up_to(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

template <class T>
test::Aligned<T> packed(const test::Aligned<T>& x, int64_t stride, int64_t n, int64_t dims) {
  auto out = test::canaries<T>(panels_size<T>(n, dims));
  pack_panels(x.data(), stride, n, dims, out.data());
  EXPECT_TRUE(test::untouched(out, panels_size<T>(n, dims)));
  return out;
}

// [n, m] products of rows over dimensions [from, to), and the sums of their terms' sizes.
struct TileProducts {
  std::vector<double> value, size;
};
template <class T>
TileProducts plain_products(const test::Aligned<T>& a, int64_t n, const test::Aligned<T>& b, int64_t m, int64_t dims,
                            int64_t from, int64_t to) {
  TileProducts out;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < m; ++j) {
      double sum = 0, size = 0;
      for (int64_t k = from; k < to; ++k) {
        const double term = static_cast<double>(a[static_cast<size_t>(i * dims + k)]) *
                            static_cast<double>(b[static_cast<size_t>(j * dims + k)]);
        sum += term, size += std::abs(term);
      }
      out.value.push_back(sum), out.size.push_back(size);
    }
  return out;
}

template <class T>
void check_products(int64_t n, int64_t m, int64_t dims, int64_t from, int64_t to, Kind kind) {
  SCOPED_TRACE(testing::Message() << n << " x " << m << " rows, dimensions " << from << " to " << to << ", kind "
                                  << static_cast<int>(kind));
  const auto a = test::numbers<T>(n * dims, kind, 1), b = test::numbers<T>(m * dims, kind, 2);
  const TileProducts want = plain_products(a, n, b, m, dims, from, to);
  const double unit = (kind == Kind::kWhole ? 0 : test::kRounding<T>)*static_cast<double>(to - from + 4);
  test::for_every_target([&] {
    const auto left = packed(a, dims, n, dims), right = packed(b, dims, m, dims);
    auto s = test::canaries<T>(kTileRows * kTileRows);
    if (from == 0 && to == dims) tile_product(left.data(), n, right.data(), m, dims, s.data());
    else tile_product(left.data(), n, right.data(), m, dims, from, to, s.data());
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < m; ++j) {
        const auto at = static_cast<size_t>(i * m + j);
        ASSERT_NEAR(static_cast<double>(s[static_cast<size_t>(i * kTileRows + j)]), want.value[at],
                    unit * want.size[at])
            << i << ", " << j;
      }
    const int64_t rows = up_to(up_to(n, 8), panel_width<T>()), columns = up_to(up_to(m, 8), panel_width<T>());
    for (int64_t i = 0; i < kTileRows; ++i)
      for (int64_t j = i < rows ? columns : 0; j < kTileRows; ++j)
        ASSERT_EQ(s[static_cast<size_t>(i * kTileRows + j)], test::kCanary<T>) << i << ", " << j;
    EXPECT_TRUE(test::untouched(s, kTileRows * kTileRows));
  });
}

// w with 0 where the header asks for it, canaries elsewhere beyond.
template <class T>
test::Aligned<T> back_weights(int64_t rows, int64_t columns, bool transposed, Kind kind) {
  auto w = test::canaries<T>(kTileRows * kTileRows);
  const auto values = test::numbers<T>(rows * columns, kind, 3);
  const int64_t all_rows = transposed ? rows : padded_rows(rows),
                all_columns = transposed ? padded_rows(columns) : columns;
  for (int64_t i = 0; i < all_rows; ++i)
    for (int64_t j = 0; j < all_columns; ++j)
      w[static_cast<size_t>(i * kTileRows + j)] =
          i < rows && j < columns ? values[static_cast<size_t>(i * columns + j)] : T{0};
  return w;
}

template <class T>
void check_back(int64_t rows, int64_t columns, int64_t dims, bool transposed, Kind kind) {
  SCOPED_TRACE(testing::Message() << rows << " x " << columns << " weights, " << dims << " dimensions, transposed "
                                  << transposed << ", kind " << static_cast<int>(kind));
  const int64_t mine = transposed ? columns : rows, others = transposed ? rows : columns;
  const auto w = back_weights<T>(rows, columns, transposed, kind);
  const auto values = test::numbers<T>(others * dims, kind, 4), before = test::numbers<T>(mine * dims, kind, 5);
  const double unit = (kind == Kind::kWhole ? 0 : test::kRounding<T>)*static_cast<double>(others + 4);
  std::vector<double> want, sizes;
  for (int64_t i = 0; i < mine; ++i)
    for (int64_t k = 0; k < dims; ++k) {
      double sum = static_cast<double>(before[static_cast<size_t>(i * dims + k)]), size = std::abs(sum);
      for (int64_t j = 0; j < others; ++j) {
        const T weight = w[static_cast<size_t>(transposed ? j * kTileRows + i : i * kTileRows + j)];
        const double term =
            static_cast<double>(weight) * static_cast<double>(values[static_cast<size_t>(j * dims + k)]);
        sum += term, size += std::abs(term);
      }
      want.push_back(sum), sizes.push_back(size);
    }
  test::for_every_target([&] {
    const int64_t stride = padded_stride<T>(dims), padded = padded_dims<T>(dims);
    auto x = test::canaries<T>(others * stride), out = test::canaries<T>(padded_rows(mine) * stride);
    for (int64_t j = 0; j < others; ++j)
      for (int64_t k = 0; k < padded; ++k)
        x[static_cast<size_t>(j * stride + k)] = k < dims ? values[static_cast<size_t>(j * dims + k)] : T{0};
    for (int64_t i = 0; i < mine; ++i)
      std::copy(before.begin() + i * dims, before.begin() + (i + 1) * dims, out.begin() + i * stride);
    tile_back(w.data(), rows, columns, transposed, x.data(), stride, dims, out.data(), stride);
    for (int64_t i = 0; i < padded_rows(mine); ++i)
      for (int64_t k = 0; k < stride; ++k) {
        const T got = out[static_cast<size_t>(i * stride + k)];
        if (i >= mine || k >= dims) {
          ASSERT_EQ(got, test::kCanary<T>) << "beyond: " << i << ", " << k;  // + 0 at most
          continue;
        }
        const auto at = static_cast<size_t>(i * dims + k);
        ASSERT_NEAR(static_cast<double>(got), want[at], unit * sizes[at]) << i << ", " << k;
      }
    EXPECT_TRUE(test::untouched(out, padded_rows(mine) * stride));
  });
}

template <class T>
class PairTiles : public testing::Test {};
using PairTileTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(PairTiles, PairTileTypes);

TYPED_TEST(PairTiles, FitPanelsVectorsAndCacheLines) {
  constexpr int64_t kLine = 64 / sizeof(TypeParam);
  test::for_every_target([] {
    EXPECT_EQ(kTileRows % panel_width<TypeParam>(), 0);
    for (const int64_t dims : test::kEdgeSizes) {
      EXPECT_GE(padded_dims<TypeParam>(dims), dims);
      EXPECT_LT(padded_dims<TypeParam>(dims), dims + kLine);
      EXPECT_GE(padded_stride<TypeParam>(dims), padded_dims<TypeParam>(dims));
      EXPECT_EQ(padded_stride<TypeParam>(dims) % kLine, 0);
      EXPECT_EQ(padded_stride<TypeParam>(dims) / kLine % 2, 1);
    }
  });
}

TYPED_TEST(PairTiles, PanelsHoldRowsSideBySide) {
  for (const int64_t n : test::kEdgeSizes)
    for (const int64_t dims : {1, 15, 16, 17, 40}) {
      const int64_t stride = dims + 2;
      const auto x = test::numbers<TypeParam>(n * stride, Kind::kUniform, 1);
      test::for_every_target([&] {
        const int64_t width = panel_width<TypeParam>();
        const auto panels = packed(x, stride, n, dims);
        for (int64_t i = 0; i < up_to(n, width); ++i)
          for (int64_t k = 0; k < dims; ++k)
            ASSERT_EQ(panels[static_cast<size_t>(i / width * width * dims + k * width + i % width)],
                      i < n ? x[static_cast<size_t>(i * stride + k)] : TypeParam{0})
                << i << ", " << k;
      });
    }
}

TYPED_TEST(PairTiles, ProductsAreThoseOfPlainLoops) {
  for (size_t i = 0; i < test::kEdgeSizes.size(); ++i) {
    const int64_t n = test::kEdgeSizes[i], m = test::kEdgeSizes[test::kEdgeSizes.size() - 1 - i];
    for (const int64_t dims : {1, 16, 33}) check_products<TypeParam>(n, m, dims, 0, dims, Kind::kUniform);
    check_products<TypeParam>(n, n, 5, 0, 5, Kind::kUniform);
  }
  for (const Kind kind : test::kKinds) check_products<TypeParam>(49, 33, 17, 0, 17, kind);
}

TYPED_TEST(PairTiles, ProductsOfAnyDepth) {  // one pass is 176 deep
  for (const int64_t dims : {175, 176, 177, 353, 600})
    for (const Kind kind : {Kind::kUniform, Kind::kWhole}) check_products<TypeParam>(50, 100, dims, 0, dims, kind);
}

TYPED_TEST(PairTiles, ProductsOfAStretch) {
  for (const auto& [from, to] : {std::pair<int64_t, int64_t>{0, 1}, {0, 200}, {7, 8}, {199, 400}, {390, 400}})
    for (const Kind kind : {Kind::kUniform, Kind::kWhole}) check_products<TypeParam>(49, 100, 400, from, to, kind);
}

TYPED_TEST(PairTiles, WayBackIsThatOfPlainLoops) {
  for (const bool transposed : {false, true}) {
    for (size_t i = 0; i < test::kEdgeSizes.size(); ++i) {
      const int64_t n = test::kEdgeSizes[i], m = test::kEdgeSizes[test::kEdgeSizes.size() - 1 - i];
      for (const int64_t dims : {1, 16, 33}) check_back<TypeParam>(n, m, dims, transposed, Kind::kUniform);
    }
    for (const int64_t dims : test::kEdgeSizes) check_back<TypeParam>(9, 17, dims, transposed, Kind::kUniform);
    for (const int64_t others : {119, 120, 121}) check_back<TypeParam>(others, others, 20, transposed, Kind::kUniform);
    for (const Kind kind : test::kKinds) check_back<TypeParam>(240, 130, 49, transposed, kind);
  }
}

TYPED_TEST(PairTiles, BadRowsTouchTheirOwnCellsAlone) {
  constexpr int64_t kRows = 20, kDims = 6, kNaN = 9, kInfinite = 17;
  auto a = test::numbers<TypeParam>(kRows * kDims, Kind::kEqual, 1);
  const auto b = a;
  a[kNaN * kDims + 5] = std::numeric_limits<TypeParam>::quiet_NaN();
  a[kInfinite * kDims] = std::numeric_limits<TypeParam>::infinity();
  test::for_every_target([&] {
    const auto left = packed(a, kDims, kRows, kDims), right = packed(b, kDims, kRows, kDims);
    auto s = test::canaries<TypeParam>(kTileRows * kTileRows), across = s;
    tile_product(left.data(), kRows, right.data(), kRows, kDims, s.data());
    tile_product(right.data(), kRows, left.data(), kRows, kDims, across.data());
    for (int64_t i = 0; i < kRows; ++i)
      for (int64_t j = 0; j < kRows; ++j)
        for (const TypeParam value :
             {s[static_cast<size_t>(i * kTileRows + j)], across[static_cast<size_t>(j * kTileRows + i)]}) {
          EXPECT_EQ(std::isnan(value), i == kNaN) << i << ", " << j;
          EXPECT_EQ(std::isinf(value), i == kInfinite) << i << ", " << j;
        }
  });
}

}  // namespace
}  // namespace kindred
