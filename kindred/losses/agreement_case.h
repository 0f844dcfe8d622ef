// SPDX-License-Identifier: Apache-2.0
// Random inputs and options for any loss of the registry, by its needs: what kindred verify loss tries.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "kindred/core/fields.h"
#include "kindred/losses/inputs.h"

namespace kindred {

struct LossRow;

enum class AgreementRegime {
  kRandom,      // normal rows; the views of an instance alike or not
  kDuplicates,  // each row occurs about three times
  kCold,        // temperature 0.01, and one pair of views that are the same: one huge logit
  kEqual,       // all rows of all views the same
  kZeroRow,     // a row of zeros in the first and in the last view
  kLongRows,    // lengths from 0.001 to 1000 times the usual
  kWhole,       // small whole numbers, raw rows, squared distances, any miner: exact in float32, so ties are ties
};
constexpr int kAgreementRegimes = 7;
std::string_view regime_name(AgreementRegime regime);

struct AgreementCase {
  AgreementRegime regime = AgreementRegime::kRandom;
  int64_t index = 0;  // of this regime
  uint64_t seed = 0;
  int64_t largest = 700;  // rows of a view; columns are at most 600
};

// Everything in float64 but rounded to float32, contiguous. Sizes, views, optional inputs, labels of few or many classes,
// repeated ids: all drawn. The same for equal arguments.
LossInputs agreement_inputs(const LossRow& row, const AgreementCase& which);

// Sets some of the options that choose between words or are switches, and what the regime and the inputs call for.
// Mining by distance, which jumps at ties, is left as it is but where ties are exact (kWhole).
void vary_options(std::span<const Field> fields, const AgreementCase& which, const LossInputs& in);

// All floating-point inputs as `type`; the views also strided in one of three ways, by the case.
LossInputs as_given(LossInputs in, at::ScalarType type, const AgreementCase& which);

// "long rows, case 3: views 2 x [65, 33], labels, ids; reduction = \"sum_of_views\""
std::string case_text(std::span<const Field> fields, std::span<const Field> defaults, const AgreementCase& which,
                      const LossInputs& in);

}  // namespace kindred
