// SPDX-License-Identifier: Apache-2.0
// Proves on every target, float and double: the logistic loss of a tile and its derivatives are those of plain double loops at
// sizes around vectors and a whole tile, for logits that are uniform, large of either sign, tiny and 0, with codes that are all
// the same, all different and mixed; dropped and NaN similarities count as nothing; what the way back reads beyond the last row
// and column is 0.
//
// Tolerance: 1e-6 (float), 1e-14 (double) of a term and of what the rounding of its logit does to it; sums add one unit a term.
#include "kindred/kernels/pair_logistic.h"

#include <algorithm>

#include "tests/kernels/every_target.h"
#include "tests/kernels/pair_numbers.h"

namespace kindred {
namespace {

enum class LogisticKind { kUniform, kLarge, kTiny, kZero, kDropped };
constexpr LogisticKind kLogisticKinds[] = {LogisticKind::kUniform, LogisticKind::kLarge, LogisticKind::kTiny,
                                           LogisticKind::kZero, LogisticKind::kDropped};

template <class T>
struct LogisticCase {
  int64_t rows, columns;
  PairLogistic<T> loss;
  test::Aligned<T> s, row_codes, column_codes;
  PairTile<T> tile(test::Aligned<T>& work) const {
    work = s;
    return {work.data(), rows, columns, PairKeep::kAll, row_codes.data(), column_codes.data()};
  }
};

template <class T>
LogisticCase<T> logistic_case(int64_t rows, int64_t columns, LogisticKind kind, int64_t codes) {
  LogisticCase<T> c{rows, columns, {T(2), T(-0.5), T(0.75), T(0.25)}, test::canaries<T>(kTileRows * kTileRows), {}, {}};
  if (kind == LogisticKind::kTiny || kind == LogisticKind::kZero) c.loss.bias = 0;
  test::Uniform uniform(static_cast<uint32_t>(rows * 1000 + columns));
  for (int64_t k = 0; k < kTileRows; ++k) {
    c.row_codes.push_back(static_cast<T>(uniform.whole(codes)));
    c.column_codes.push_back(static_cast<T>(codes == 0 ? 1 : uniform.whole(codes)));
  }
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      T& s = c.s[static_cast<size_t>(i * kTileRows + j)];
      s = static_cast<T>(uniform() * 4);
      if (kind == LogisticKind::kLarge) s *= 200;
      if (kind == LogisticKind::kTiny) s *= T(1e-12);
      if (kind == LogisticKind::kZero) s = 0;
      if (kind == LogisticKind::kDropped && (i == rows - 1 || j == 0))
        s = i % 2 ? std::numeric_limits<T>::quiet_NaN() : -std::numeric_limits<T>::infinity();
    }
  return c;
}

// The cost of a pair, its derivative by s, and what one unit of rounding of u may do to either.
struct LogisticTerm {
  double cost = 0, slope = 0, rounding = 0;
};
template <class T>
LogisticTerm plain_term(const LogisticCase<T>& c, int64_t i, int64_t j) {
  const double s = static_cast<double>(c.s[static_cast<size_t>(i * kTileRows + j)]);
  if (!std::isfinite(s)) return {};
  const double u = static_cast<double>(c.loss.scale) * s + static_cast<double>(c.loss.bias);
  const bool same = c.row_codes[static_cast<size_t>(i)] == c.column_codes[static_cast<size_t>(j)];
  const double x = same ? -u : u, weight = static_cast<double>(same ? c.loss.same : c.loss.different);
  return {.cost = weight * (std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)))),
          .slope = weight * static_cast<double>(c.loss.scale) * (same ? -1 : 1) / (1 + std::exp(-x)),
          .rounding = weight * (1 + std::abs(u)) * test::kRounding<T>};
}

template <class T>
void check_logistic(const LogisticCase<T>& c) {
  constexpr double kOwn = sizeof(T) == 4 ? 1e-6 : 1e-14;
  const T factor = T(0.5);
  long double exact = 0;
  double slack = 1e-300;
  for (int64_t i = 0; i < c.rows; ++i)
    for (int64_t j = 0; j < c.columns; ++j) {
      const LogisticTerm t = plain_term(c, i, j);
      exact += t.cost;
      slack += t.cost * (kOwn + test::kRounding<T> * static_cast<double>(c.columns)) + 4 * t.rounding;
    }
  const double sum = static_cast<double>(exact);
  test::for_every_target([&] {
    test::Aligned<T> work;
    EXPECT_NEAR(logistic_sum(c.tile(work), c.loss), sum, slack);
    EXPECT_TRUE(
        std::equal(work.begin(), work.end(), c.s.begin(), [](T a, T b) { return a == b || (a != a && b != b); }));
    logistic_weights(c.tile(work), c.loss, factor);
    for (int64_t i = 0; i < padded_rows(c.rows); ++i)
      for (int64_t j = 0; j < padded_rows(c.columns); ++j) {
        const double got = static_cast<double>(work[static_cast<size_t>(i * kTileRows + j)]);
        if (i >= c.rows || j >= c.columns) {
          ASSERT_EQ(got, 0) << "beyond: " << i << ", " << j;
          continue;
        }
        const LogisticTerm t = plain_term(c, i, j);
        const double want = t.slope * static_cast<double>(factor);
        // Below the smallest e^x that counts the derivative is 0.
        ASSERT_NEAR(got, want,
                    std::abs(want) * kOwn + 8 * t.rounding * std::abs(want) + (sizeof(T) == 4 ? 1e-37 : 1e-300))
            << i << ", " << j;
      }
  });
}

template <class T>
class PairLogistics : public testing::Test {};
using PairLogisticTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(PairLogistics, PairLogisticTypes);

TYPED_TEST(PairLogistics, AreThoseOfPlainLoops) {
  const auto& edges = test::kEdgeSizes;
  for (size_t i = 0; i < edges.size(); ++i)
    for (const LogisticKind kind : kLogisticKinds)
      for (const int64_t codes : {0, 1, 4}) {  // none the same, all, some
        SCOPED_TRACE(testing::Message() << edges[i] << " x " << edges[edges.size() - 1 - i] << ", kind "
                                        << static_cast<int>(kind) << ", codes " << codes);
        check_logistic(logistic_case<TypeParam>(edges[i], edges[edges.size() - 1 - i], kind, codes));
      }
}

TYPED_TEST(PairLogistics,
           KeepTheDigitsOfSmallCosts) {  // softplus(-20) is 2e-9: log(1 + y) of a y that 1 + y would swallow
  LogisticCase<TypeParam> c = logistic_case<TypeParam>(3, 5, LogisticKind::kZero, 0);
  c.loss = {TypeParam(1), TypeParam(-20), TypeParam(1), TypeParam(1)};
  const double want = 15 * std::log1p(std::exp(-20.0));
  test::for_every_target([&] {
    test::Aligned<TypeParam> work;
    EXPECT_NEAR(logistic_sum(c.tile(work), c.loss), want, want * (sizeof(TypeParam) == 4 ? 1e-6 : 1e-14));
  });
}

}  // namespace
}  // namespace kindred
