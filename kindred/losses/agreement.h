// SPDX-License-Identifier: Apache-2.0
// Is a loss's fused version its definition? Both on random cases, the fused one in float32 and float64 against the
// composite in float64 on the same numbers; the worst relative error.
//
// NOTE [Relative error] Of the value: relative to the larger of 1 and the value. Of a gradient: each row's times the row's
// length (a relative change of a row counts the same whatever its length), relative to the largest entry of that tensor,
// or to a tenth of what one row has of the value (1/N of the larger of 1 and the value) where no entry is as large:
// a gradient that is 0 in exact arithmetic is rounding noise in any other.
//
// NOTE [Ill-conditioned cases] Some cases magnify the rounding of the inputs beyond the limit (softmax over raw products
// in the thousands, a mined pair at the edge). Where a limit is exceeded, the error may be up to four times what the
// composite itself makes of that type, or of inputs changed by a rounding. Exact cases (whole numbers, raw rows) may not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/losses/registry.h"

namespace kindred {

struct AgreementOptions {
  int64_t cases = 6;
  int64_t seed = 0;
  int64_t largest = 700;
};
inline void visit_fields(FieldList& v, AgreementOptions& o) {
  v("cases", o.cases, "random cases of each of seven regimes, in each type", at_least(1));
  v("seed", o.seed, "of the cases", at_least(0));
  v("largest", o.largest, "rows of a view, at most", between(1, 700));
}

struct AgreementError {
  double limit = 0;      // relative
  double worst = 0;      // relative error
  int64_t compared = 0;  // cases
  std::string where{};   // the worst case
};

struct LossAgreement {
  std::string loss;
  bool has_fused = false;                // false: composite only, and nothing was compared
  AgreementError single{.limit = 1e-4};  // float32
  AgreementError cold{.limit = 1e-3};    // float32 at temperature 0.01
  AgreementError exact{.limit = 1e-6};   // float64
  int64_t refused = 0;                   // cases that only the composite takes
  std::vector<std::string> failures{};   // one line each; the first few

  bool agrees() const { return failures.empty(); }
};

// A row without an option `impl` has no fused version. One that never ran fused, or that ran the composite where fused was
// asked, fails.
LossAgreement loss_agreement(const LossRow& row, const AgreementOptions& options);

}  // namespace kindred
