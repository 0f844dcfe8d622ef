// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: sums of exponentials by row and column, largest logits and the weights of the way
// back are those of plain double loops, with one shift for all and with a shift of each row, for every PairKeep, with columns and
// without, stored and not, at sizes around vectors, groups of rows and a whole tile; for logits that are uniform, all equal, tiny,
// with one huge among them, exact whole numbers, and rows and columns with nothing kept; only what may be overwritten is. A NaN
// similarity counts as dropped.
//
// Tolerance: of e^u 3e-7 (float) and 1e-15 (double), plus what the rounding of u does to it, 2 |u| units; sums add one unit a term.
#include "kindred/kernels/pair_softmax.h"

#include <algorithm>

#include "kindred/kernels/pair_tile.h"
#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

enum class LogitKind { kUniform, kOneHuge, kEqual, kTiny, kNothing, kZero };
constexpr LogitKind kLogitKinds[] = {LogitKind::kUniform, LogitKind::kOneHuge, LogitKind::kEqual,
                                     LogitKind::kTiny,    LogitKind::kNothing, LogitKind::kZero};
constexpr PairKeep kKeeps[] = {PairKeep::kAll, PairKeep::kDifferent, PairKeep::kSame};

// One problem: similarities, codes, and the logits that are kept, in double.
template <class T>
struct Softmax {
  int64_t rows, columns;
  PairKeep keep;
  double scale = 2, bound = 1;                  // |u| <= bound
  test::Aligned<T> s, row_codes, column_codes;  // s: [kTileRows, kTileRows], canaries around
  std::vector<double> u;                        // [rows, columns], kNever where dropped

  double at(int64_t i, int64_t j) const { return u[static_cast<size_t>(i * columns + j)]; }
  // Relative error allowed to one exponential.
  double error() const { return (sizeof(T) == 4 ? 3e-7 : 1e-15) + 4 * bound * test::kRounding<T>; }
  PairTile<T> tile(test::Aligned<T>& work) const {
    work = s;
    return {work.data(), rows, columns, keep, row_codes.data(), column_codes.data()};
  }
};

// by_row: a huge logit may be beyond the limit of one shift.
template <class T>
Softmax<T> softmax_case(int64_t rows, int64_t columns, PairKeep keep, LogitKind kind, bool by_row) {
  Softmax<T> c{rows, columns, keep, 2, 1, test::canaries<T>(kTileRows * kTileRows), {}, {}, {}};
  test::Uniform uniform(static_cast<uint32_t>(rows * 1000 + columns));
  for (int64_t k = 0; k < kTileRows; ++k) {
    c.row_codes.push_back(static_cast<T>(uniform.whole(4)));
    c.column_codes.push_back(static_cast<T>(uniform.whole(4)));
  }
  c.row_codes[0] = keep == PairKeep::kSame ? T(9) : c.row_codes[0];  // a row that is like no column
  if (kind == LogitKind::kUniform) c.bound = 20;
  if (kind == LogitKind::kOneHuge) c.bound = by_row ? 5000 : pair_shift_limit<T>();
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      double u = uniform() * c.bound;
      if (kind == LogitKind::kOneHuge) u = i == rows / 2 && j == columns / 2 ? c.bound : u / 100;
      if (kind == LogitKind::kEqual) u = 0.75;
      if (kind == LogitKind::kTiny) u *= 1e-12;
      if (kind == LogitKind::kZero) u = 0;
      if (kind == LogitKind::kNothing && (i == rows - 1 || j == columns - 1)) u = kNever;
      const T s = static_cast<T>(u / c.scale);
      c.s[static_cast<size_t>(i * kTileRows + j)] = s;
      const bool same = c.row_codes[static_cast<size_t>(i)] == c.column_codes[static_cast<size_t>(j)];
      const bool kept = keep == PairKeep::kAll || same == (keep == PairKeep::kSame);
      c.u.push_back(kept ? static_cast<double>(s) * c.scale : kNever);
    }
  return c;
}

// Runs check(case) for every PairKeep and kind, at sizes zipped from both ends, and for whole tiles.
template <class T, class Check>
void over_softmax_cases(bool by_row, Check check) {
  std::vector<std::pair<int64_t, int64_t>> sizes;
  const auto& edges = test::kEdgeSizes;
  for (size_t i = 0; i < edges.size(); ++i) sizes.emplace_back(edges[i], edges[edges.size() - 1 - i]);
  sizes.insert(sizes.end(), {{1, 1}, {5, 7}, {240, 240}});
  for (const auto& [rows, columns] : sizes)
    for (const PairKeep keep : kKeeps)
      for (const LogitKind kind : kLogitKinds) {
        SCOPED_TRACE(testing::Message() << rows << " x " << columns << ", keep " << static_cast<int>(keep) << ", kind "
                                        << static_cast<int>(kind));
        check(softmax_case<T>(rows, columns, keep, kind, by_row));
        if (testing::Test::HasFatalFailure()) return;
      }
}

template <class T>
bool same_number(T a, T b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

double power(double u, double shift) { return u == kNever ? 0 : std::exp(u - shift); }

// Largest kept u by row, by column.
template <class T>
std::pair<std::vector<double>, std::vector<double>> tops(const Softmax<T>& c) {
  std::vector<double> rows(static_cast<size_t>(c.rows), kNever), columns(static_cast<size_t>(c.columns), kNever);
  for (int64_t i = 0; i < c.rows; ++i)
    for (int64_t j = 0; j < c.columns; ++j) {
      rows[static_cast<size_t>(i)] = std::max(rows[static_cast<size_t>(i)], c.at(i, j));
      columns[static_cast<size_t>(j)] = std::max(columns[static_cast<size_t>(j)], c.at(i, j));
    }
  return {rows, columns};
}
// As the kernel takes them: kTileRows numbers.
template <class T>
test::Aligned<T> shifts(const std::vector<double>& tops) {
  test::Aligned<T> out(kTileRows, T{0});
  std::transform(tops.begin(), tops.end(), out.begin(), [](double top) { return static_cast<T>(top); });
  return out;
}

// s after a call: value(i, j) within error; 0 to the next multiple of 8; canaries beyond the vector that holds it.
template <class T, class Value>
void expect_cells(const Softmax<T>& c, const test::Aligned<T>& s, const Value& value) {
  for (int64_t i = 0; i < kTileRows; ++i)
    for (int64_t j = 0; j < kTileRows; ++j) {
      const T got = s[static_cast<size_t>(i * kTileRows + j)];
      if (i < c.rows && j < c.columns) {
        const auto [want, size] = value(i, j);
        const double apart = std::abs(static_cast<double>(got) - want);
        if (!(apart <= (c.error() + 4 * test::kRounding<T>)*size))
          FAIL() << i << ", " << j << ": expected " << want << ", got " << got;
      } else if (i < padded_rows(c.rows) && j < padded_rows(c.columns)) {
        if (got != T{0}) FAIL() << i << ", " << j << ": expected 0, got " << got;
      } else if (i >= padded_rows(c.rows) || j >= (c.columns + 15) / 16 * 16) {
        if (got != test::kCanary<T>) FAIL() << i << ", " << j << ": expected a canary, got " << got;
      }
    }
  ASSERT_TRUE(test::untouched(s, kTileRows * kTileRows));
}

template <class T>
void check_sums(const Softmax<T>& c, bool by_row, bool columns, bool store) {
  const auto [row_tops, column_tops] = tops(c);
  const auto row_shifts = shifts<T>(row_tops), column_shifts = shifts<T>(column_tops);
  const T shift = static_cast<T>(c.bound), scale = static_cast<T>(c.scale);
  const auto shift_of = [&](const test::Aligned<T>& all, int64_t i) {
    return static_cast<double>(by_row ? all[static_cast<size_t>(i)] : shift);
  };
  auto rows = test::canaries<T>(c.rows), sums = test::canaries<T>(kTileRows);
  test::Aligned<T> s;
  const PairTile<T> tile = c.tile(s);
  T* column_sums = columns ? sums.data() : nullptr;
  if (by_row)
    softmax_sums_by_row(tile, scale, row_shifts.data(), columns ? column_shifts.data() : nullptr, rows.data(),
                        column_sums, store);
  else softmax_sums(tile, scale, shift, rows.data(), column_sums, store);
  std::vector<double> by_column(static_cast<size_t>(kTileRows), 0.0);
  for (int64_t i = 0; i < c.rows; ++i) {
    double want = 0;
    for (int64_t j = 0; j < c.columns; ++j) {
      want += power(c.at(i, j), shift_of(row_shifts, i));
      by_column[static_cast<size_t>(j)] += power(c.at(i, j), shift_of(column_shifts, j));
    }
    const double error = c.error() + static_cast<double>(c.columns) * test::kRounding<T>;
    ASSERT_NEAR(static_cast<double>(rows[static_cast<size_t>(i)]), want, error * want + 1e-37) << "row " << i;
  }
  ASSERT_TRUE(test::untouched(rows, c.rows));
  ASSERT_TRUE(test::untouched(sums, columns ? kTileRows : 0));
  for (size_t j = 0; columns && j < by_column.size(); ++j) {
    const double error = c.error() + static_cast<double>(c.rows) * test::kRounding<T>;
    ASSERT_NEAR(static_cast<double>(sums[j]), by_column[j], error * by_column[j] + 1e-37) << "column " << j;
  }
  ASSERT_TRUE(store || std::equal(s.begin(), s.end(), c.s.begin(), same_number<T>));
  if (!store) return;
  expect_cells(c, s, [&](int64_t i, int64_t j) {
    const double want = power(c.at(i, j), shift_of(row_shifts, i));
    return std::pair{want, want + 1e-37 / c.error()};
  });
}

template <class T>
void check_weights(const Softmax<T>& c, bool by_row, bool columns) {
  const auto [row_tops, column_tops] = tops(c);
  auto row_shifts = shifts<T>(row_tops), column_shifts = shifts<T>(column_tops);
  auto row_factors = test::numbers<T>(kTileRows, test::Kind::kUniform, 8),
       column_factors = test::numbers<T>(kTileRows, test::Kind::kUniform, 9);
  // Rows with nothing kept come with shift 0 and factor 0, as the way back passes them.
  for (size_t i = 0; i < row_tops.size(); ++i)
    if (row_tops[i] == kNever) row_shifts[i] = row_factors[i] = 0;
  for (size_t j = 0; j < column_tops.size(); ++j)
    if (column_tops[j] == kNever) column_shifts[j] = column_factors[j] = 0;
  const T shift = static_cast<T>(c.bound), scale = static_cast<T>(c.scale);
  test::Aligned<T> s;
  const PairTile<T> tile = c.tile(s);
  const T* more = columns ? column_factors.data() : nullptr;
  if (by_row)
    softmax_weights_by_row(tile, scale, row_shifts.data(), row_factors.data(), columns ? column_shifts.data() : nullptr,
                           more);
  else softmax_weights(tile, scale, shift, row_factors.data(), more);
  expect_cells(c, s, [&](int64_t i, int64_t j) {
    const auto a = static_cast<size_t>(i), b = static_cast<size_t>(j);
    const double mine =
        power(c.at(i, j), static_cast<double>(by_row ? row_shifts[a] : shift)) * static_cast<double>(row_factors[a]);
    const double other = columns ? power(c.at(i, j), static_cast<double>(by_row ? column_shifts[b] : shift)) *
                                       static_cast<double>(column_factors[b])
                                 : 0;
    return std::pair{mine + other, std::abs(mine) + std::abs(other) + 1e-37 / c.error()};
  });
}

template <class T>
void check_maxima(const Softmax<T>& c, bool columns) {
  const auto [row_tops, column_tops] = tops(c);
  auto rows = test::canaries<T>(c.rows), all = test::canaries<T>(kTileRows);
  test::Aligned<T> s;
  softmax_maxima(c.tile(s), static_cast<T>(c.scale), rows.data(), columns ? all.data() : nullptr);
  for (size_t i = 0; i < row_tops.size(); ++i)
    ASSERT_EQ(rows[i], static_cast<T>(row_tops[i])) << i;  // scale 2 is exact
  for (size_t j = 0; columns && j < column_tops.size(); ++j) ASSERT_EQ(all[j], static_cast<T>(column_tops[j])) << j;
  ASSERT_TRUE(test::untouched(rows, c.rows));
  ASSERT_TRUE(test::untouched(all, columns ? kTileRows : 0));
  ASSERT_EQ(s, c.s);
}

template <class T>
class PairSoftmax : public testing::Test {};
using PairSoftmaxTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(PairSoftmax, PairSoftmaxTypes);

TYPED_TEST(PairSoftmax, SumsAreThoseOfPlainLoops) {
  for (const bool by_row : {false, true})
    over_softmax_cases<TypeParam>(by_row, [&](const Softmax<TypeParam>& c) {
      test::for_every_target([&] {
        check_sums(c, by_row, false, false);
        check_sums(c, by_row, true, false);
        check_sums(c, by_row, false, true);
      });
    });
}

TYPED_TEST(PairSoftmax, WeightsAreThoseOfPlainLoops) {
  for (const bool by_row : {false, true})
    over_softmax_cases<TypeParam>(by_row, [&](const Softmax<TypeParam>& c) {
      test::for_every_target([&] {
        check_weights(c, by_row, false);
        check_weights(c, by_row, true);
      });
    });
}

TYPED_TEST(PairSoftmax, MaximaAreExact) {
  over_softmax_cases<TypeParam>(true, [&](const Softmax<TypeParam>& c) {
    test::for_every_target([&] {
      check_maxima(c, false);
      check_maxima(c, true);
    });
  });
}

TYPED_TEST(PairSoftmax, OfZeroLogitsCountsExactly) {
  for (const PairKeep keep : kKeeps) {
    const auto c = softmax_case<TypeParam>(33, 49, keep, LogitKind::kZero, false);
    test::for_every_target([&] {
      test::Aligned<TypeParam> s, rows(kTileRows), columns(kTileRows);
      softmax_sums(c.tile(s), 1, 0, rows.data(), columns.data(), false);
      for (int64_t i = 0; i < 33; ++i) {
        const auto count =
            std::count_if(c.u.begin() + i * 49, c.u.begin() + (i + 1) * 49, [](double u) { return u == 0; });
        EXPECT_EQ(rows[static_cast<size_t>(i)], static_cast<TypeParam>(count)) << i;
      }
    });
  }
}

// e^u over the whole range that a shift leaves, against the library's own.
TYPED_TEST(PairSoftmax, ExponentialsAreRightOverTheirRange) {
  constexpr double kLow = sizeof(TypeParam) == 4 ? -86.9 : -699.9, kError = sizeof(TypeParam) == 4 ? 3e-7 : 1e-15;
  test::for_every_target([&] {
    double worst = 0;
    for (int64_t start = 0; start < 200; ++start) {
      test::Aligned<TypeParam> s(kTileRows * kTileRows), sums(kTileRows);
      for (int64_t j = 0; j < kTileRows; ++j)
        s[static_cast<size_t>(j)] =
            static_cast<TypeParam>(kLow * static_cast<double>(start * kTileRows + j) / (200.0 * kTileRows));
      const auto u = s;
      softmax_sums(PairTile<TypeParam>{s.data(), 1, kTileRows}, 1, 0, sums.data(), nullptr, true);
      for (size_t j = 0; j < static_cast<size_t>(kTileRows); ++j) {
        const double want = std::exp(static_cast<double>(u[j]));
        worst = std::max(worst, std::abs(static_cast<double>(s[j]) - want) / want);
      }
    }
    EXPECT_LT(worst, kError);
  });
}

TYPED_TEST(PairSoftmax, NaNCountsAsDropped) {
  auto c = softmax_case<TypeParam>(17, 19, PairKeep::kAll, LogitKind::kUniform, false);
  c.s[3 * kTileRows + 5] = std::numeric_limits<TypeParam>::quiet_NaN();
  c.u[3 * 19 + 5] = kNever;
  test::for_every_target([&] {
    check_sums(c, false, true, false);
    check_sums(c, false, false, true);
    check_weights(c, false, true);
  });
}

}  // namespace
}  // namespace kindred
