// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: rows and columns go into strips and panels where the headers say, scaled and
// shifted by column, zeros behind the last; products of strips with a stretch of panels are those of plain double loops at sizes
// around blocks, panels and a whole tile, with depths around one pass, alone and added to what is there; exact on whole numbers;
// only the cells that may be overwritten are; a NaN row touches its own cells alone; finished rows, past the caches or not, at
// aligned addresses or not.
#include "kindred/kernels/strip_product.h"

#include <algorithm>

#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

using test::Kind;

int64_t up_to_whole(int64_t n, int64_t width) { return (n + width - 1) / width * width; }

template <class T>
struct ByColumn {
  explicit ByColumn(int64_t n)
      : scale(test::numbers<T>(n, Kind::kUniform, 21)), shift(test::numbers<T>(n, Kind::kUniform, 22)) {}
  test::Aligned<T> scale, shift;
};
template <class T>
ByColumn<T> as_they_are(int64_t n) {
  ByColumn<T> out(n);
  std::fill(out.scale.begin(), out.scale.end(), T{1});
  std::fill(out.shift.begin(), out.shift.end(), T{0});
  return out;
}

// x: [n, dims] without gaps.
template <class T>
test::Aligned<T> packed_rows(const test::Aligned<T>& x, int64_t n, int64_t dims, int64_t width) {
  auto out = test::canaries<T>(up_to_whole(n, width) * dims);
  const auto plain = as_they_are<T>(dims);
  pack_rows(x.data(), dims, n, dims, plain.scale.data(), plain.shift.data(), width, out.data());
  EXPECT_TRUE(test::untouched(out, up_to_whole(n, width) * dims));
  return out;
}

template <class T>
void check_packing(int64_t n, int64_t dims, bool columns) {
  const int64_t height = columns ? dims : n, across = columns ? n : dims, stride = across + 3;
  const auto x = test::numbers<T>(height * stride, Kind::kUniform, 1);
  const ByColumn<T> by(across);
  test::for_every_target([&] {
    for (const int64_t width : {strip_width(), panel_width<T>()}) {
      const int64_t size = up_to_whole(n, width) * dims;
      auto out = test::canaries<T>(size);
      if (columns) pack_columns(x.data(), stride, n, dims, by.scale.data(), by.shift.data(), width, out.data());
      else pack_rows(x.data(), stride, n, dims, by.scale.data(), by.shift.data(), width, out.data());
      for (int64_t r = 0; r < up_to_whole(n, width); ++r)
        for (int64_t k = 0; k < dims; ++k) {
          const auto at = static_cast<size_t>(columns ? k * stride + r : r * stride + k),
                     c = static_cast<size_t>(columns ? r : k);
          const double want =
              r < n ? static_cast<double>(x[at]) * static_cast<double>(by.scale[c]) + static_cast<double>(by.shift[c])
                    : 0;
          ASSERT_NEAR(static_cast<double>(out[static_cast<size_t>(r / width * width * dims + k * width + r % width)]),
                      want, r < n ? 4 * test::kRounding<T> * (1 + std::abs(want)) : 0)
              << n << " x " << dims << ", width " << width << ": " << r << ", " << k;
        }
      EXPECT_TRUE(test::untouched(out, size));
    }
  });
}

template <class T>
void check_strips(int64_t n, int64_t m, int64_t dims, int64_t from, int64_t depth, bool add, Kind kind) {
  SCOPED_TRACE(testing::Message() << n << " x " << m << " rows, " << depth << " dimensions from " << from << " of "
                                  << dims << ", added " << add << ", kind " << static_cast<int>(kind));
  const auto a = test::numbers<T>(n * depth, kind, 1), b = test::numbers<T>(m * dims, kind, 2),
             before = test::numbers<T>(kTileRows * kTileRows, kind, 3);
  const double unit = (kind == Kind::kWhole ? 0 : test::kRounding<T>)*static_cast<double>(depth + 4);
  test::for_every_target([&] {
    const auto left = packed_rows(a, n, depth, strip_width()), right = packed_rows(b, m, dims, panel_width<T>());
    auto s = test::canaries<T>(kTileRows * kTileRows);
    std::copy(before.begin(), before.end(), s.begin());
    strip_product(left.data(), n, depth, right.data(), m, dims, from, add, s.data());
    for (int64_t i = 0; i < kTileRows; ++i)
      for (int64_t j = 0; j < kTileRows; ++j) {
        const auto at = static_cast<size_t>(i * kTileRows + j);
        if (i >= up_to_whole(n, strip_width()) || j >= up_to_whole(m, panel_width<T>())) {
          ASSERT_EQ(s[at], before[at]) << "beyond: " << i << ", " << j;
          continue;
        }
        if (i >= n || j >= m) continue;
        double want = add ? static_cast<double>(before[at]) : 0, size = std::abs(want);
        for (int64_t k = 0; k < depth; ++k) {
          const double term = static_cast<double>(a[static_cast<size_t>(i * depth + k)]) *
                              static_cast<double>(b[static_cast<size_t>(j * dims + from + k)]);
          want += term, size += std::abs(term);
        }
        ASSERT_NEAR(static_cast<double>(s[at]), want, unit * size) << i << ", " << j;
      }
    EXPECT_TRUE(test::untouched(s, kTileRows * kTileRows));
  });
}

template <class T>
class StripProducts : public testing::Test {};
using StripProductTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(StripProducts, StripProductTypes);

TYPED_TEST(StripProducts, StripsDividePanels) {
  test::for_every_target([] {
    EXPECT_EQ(panel_width<TypeParam>() % strip_width(), 0);
    EXPECT_EQ(kTileRows % strip_width(), 0);
  });
}

TYPED_TEST(StripProducts, PackingScalesShiftsAndTurns) {
  for (const bool columns : {false, true})
    for (const int64_t n : test::kEdgeSizes)
      for (const int64_t dims : {1, 3, 4, 15, 16, 17, 40}) check_packing<TypeParam>(n, dims, columns);
}

TYPED_TEST(StripProducts, AreThoseOfPlainLoops) {
  for (size_t i = 0; i < test::kEdgeSizes.size(); ++i) {
    const int64_t n = test::kEdgeSizes[i], m = test::kEdgeSizes[test::kEdgeSizes.size() - 1 - i];
    for (const bool add : {false, true}) check_strips<TypeParam>(n, m, 17, 0, 17, add, Kind::kUniform);
  }
  for (const int64_t n : {8, 239, 240})
    for (const Kind kind : test::kKinds) check_strips<TypeParam>(n, 248 - n, 19, 2, 16, true, kind);
}

TYPED_TEST(StripProducts, OfAnyDepth) {  // one pass is 132 deep
  for (const int64_t depth : {1, 131, 132, 133, 265, 600})
    for (const bool add : {false, true})
      for (const Kind kind : {Kind::kUniform, Kind::kWhole}) {
        check_strips<TypeParam>(20, 100, depth + 9, 7, depth, add, kind);
        check_strips<TypeParam>(20, 100, depth, 0, depth, add, kind);
      }
}

TYPED_TEST(StripProducts, ABadRowTouchesItsOwnCellsAlone) {
  constexpr int64_t kRows = 20, kDims = 6, kBad = 9;
  auto a = test::numbers<TypeParam>(kRows * kDims, Kind::kEqual, 1);
  const auto b = a;
  a[kBad * kDims + 5] = std::numeric_limits<TypeParam>::quiet_NaN();
  test::for_every_target([&] {
    auto s = test::canaries<TypeParam>(kTileRows * kTileRows), across = s;
    const auto bad = packed_rows(a, kRows, kDims, strip_width()), good = packed_rows(b, kRows, kDims, strip_width());
    const auto bad_panels = packed_rows(a, kRows, kDims, panel_width<TypeParam>()),
               good_panels = packed_rows(b, kRows, kDims, panel_width<TypeParam>());
    strip_product(bad.data(), kRows, kDims, good_panels.data(), kRows, kDims, 0, false, s.data());
    strip_product(good.data(), kRows, kDims, bad_panels.data(), kRows, kDims, 0, false, across.data());
    for (int64_t i = 0; i < kRows; ++i)
      for (int64_t j = 0; j < kRows; ++j) {
        EXPECT_EQ(std::isnan(s[static_cast<size_t>(i * kTileRows + j)]), i == kBad) << i << ", " << j;
        EXPECT_EQ(std::isnan(across[static_cast<size_t>(i * kTileRows + j)]), j == kBad) << i << ", " << j;
      }
  });
}

template <class T>
void check_finish(int64_t columns, bool less, bool past, int64_t offset) {
  constexpr int64_t kRows = 5;
  const int64_t x_stride = columns + 3, less_stride = columns + 1, out_stride = up_to_whole(columns, 16) + 16;
  const auto s = test::numbers<T>(kRows * kTileRows, Kind::kUniform, 1),
             x = test::numbers<T>(kRows * x_stride, Kind::kUniform, 2),
             minus = test::numbers<T>(kRows * less_stride, Kind::kUniform, 3),
             by = test::numbers<T>(columns, Kind::kUniform, 4), factors = test::numbers<T>(columns, Kind::kUniform, 5),
             constants = test::numbers<T>(columns, Kind::kUniform, 6);
  test::for_every_target([&] {
    auto out = test::canaries<T>(kRows * out_stride + offset);
    finish_rows(s.data(), kRows, columns,
                Finish<T>{by.data(), factors.data(), constants.data(), x.data(), less ? minus.data() : nullptr,
                          x_stride, less_stride, out.data() + offset, out_stride, past});
    for (int64_t i = -offset; i < kRows * out_stride; ++i) {
      const int64_t r = i / out_stride, c = i % out_stride;
      const T got = out[static_cast<size_t>(offset + i)];
      if (i < 0 || c >= columns) {
        ASSERT_EQ(got, test::kCanary<T>) << "beyond: " << r << ", " << c;
        continue;
      }
      const auto v = [&](const test::Aligned<T>& numbers, int64_t at) {
        return static_cast<double>(numbers[static_cast<size_t>(at)]);
      };
      const double want = v(s, r * kTileRows + c) * v(by, c) + v(constants, c) +
                          (v(x, r * x_stride + c) - (less ? v(minus, r * less_stride + c) : 0)) * v(factors, c);
      ASSERT_NEAR(static_cast<double>(got), want, 8 * test::kRounding<T>) << columns << ": " << r << ", " << c;
    }
  });
}

TYPED_TEST(StripProducts, FinishedRowsAreThoseOfPlainLoops) {
  for (const int64_t columns : test::kEdgeSizes)
    for (const bool less : {false, true})
      for (const bool past : {false, true})
        for (const int64_t offset : {0, 1}) check_finish<TypeParam>(columns, less, past, offset);
}

}  // namespace
}  // namespace kindred
