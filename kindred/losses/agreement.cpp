// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/agreement.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <limits>
#include <optional>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/losses/agreement_case.h"
#include "kindred/losses/gradients.h"
#include "kindred/losses/rows.h"
#include "kindred/ops/implementation.h"

namespace kindred {
namespace {

constexpr double kWorst = std::numeric_limits<double>::infinity();
constexpr size_t kMostFailures = 5;
constexpr double kShareOfRow = 0.1;  // NOTE [Relative error]
constexpr double kOwnErrors = 4;     // NOTE [Ill-conditioned cases]

std::unique_ptr<LossRecipe> recipe_with(const LossRow& row, const AgreementCase& which, const LossInputs& in,
                                        const char* implementation) {
  auto recipe = row.recipe();
  const auto fields = recipe->fields();
  vary_options(fields, which, in);
  *std::get<std::string*>(find_field(fields, "impl")->value) = implementation;
  return recipe;
}

// Nothing where the loss does not take these inputs.
std::optional<LossGradients> taken(const LossRecipe& loss, const LossInputs& in) {
  try {
    return loss_gradients(loss, in);
  } catch (const InvalidArgument&) {
    return std::nullopt;
  }
}

double largest(const at::Tensor& x) { return x.numel() == 0 ? 0 : x.abs().max().item<double>(); }

// NaN is the worst there is.
double ratio(double error, double scale) { return std::isnan(error) ? kWorst : error / scale; }

// The inputs that gradients are of, in the same order.
std::vector<at::Tensor> trained_tensors(const LossInputs& in) {
  std::vector<at::Tensor> out = in.views;
  for (const auto& x : {in.prototypes, in.logit_scale, in.bias})
    if (x.defined()) out.push_back(x);
  return out;
}

// What entries of x's gradient are multiplied by: [N, 1] lengths of rows, the mean length for a row of zeros; 1 elsewhere.
at::Tensor row_lengths(const at::Tensor& x) {
  if (x.dim() < 2) return at::ones({}, at::kDouble);
  const at::Tensor length = at::linalg_vector_norm(x, 2, {-1}, /*keepdim=*/true);
  return at::where(length > 0, length, length.mean().clamp_min(kZeroNorm));
}

double relative_error(const LossGradients& expected, const LossGradients& got, const LossInputs& in) {
  if (got.value.sizes() != expected.value.sizes()) return kWorst;
  const double value = std::max(1.0, largest(expected.value));
  double worst = ratio(largest(got.value.to(at::kDouble) - expected.value), value);
  const auto inputs = trained_tensors(in);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const at::Tensor length = row_lengths(inputs[i]), e = expected.gradients[i] * length;
    const double rows = inputs[i].dim() < 2 ? 1 : static_cast<double>(inputs[i].size(0));
    const double scale = std::max(largest(e), kShareOfRow * value / rows);
    worst = std::max(worst, ratio(largest(got.gradients[i].to(at::kDouble) * length - e), scale));
  }
  return worst;
}

// The views changed by up to a rounding of the type.
LossInputs nudged(LossInputs in, at::ScalarType type, uint64_t stream) {
  const double step =
      type == at::kFloat ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
  CounterRng rng(stream, RngOp::kTest, 1);
  for (auto& view : in.views) {
    view = view.clone();
    auto* const p = view.data_ptr<double>();
    for (int64_t i = 0; i < view.numel(); ++i) p[i] *= 1 + step * (static_cast<double>(rng.below(3)) - 1);
  }
  return in;
}

double own_error(const LossRecipe& composite, const LossGradients& expected, const LossInputs& in, at::ScalarType type,
                 const AgreementCase& which) {
  double worst = 0;
  if (const auto same_type = taken(composite, as_given(in, type, which)))
    worst = relative_error(expected, *same_type, in);
  for (uint64_t i = 0; i < 4; ++i)
    if (const auto near = taken(composite, nudged(in, type, i)))
      worst = std::max(worst, relative_error(expected, *near, in));
  return worst;
}

// Whole numbers, raw rows and a hinge: nothing is rounded until all choices are made.
bool is_exact(const std::vector<Field>& fields, const AgreementCase& which) {
  const Field* soft = find_field(fields, "soft");
  return which.regime == AgreementRegime::kWhole && find_field(fields, "normalize") != nullptr &&
         (soft == nullptr || !*std::get<bool*>(soft->value));
}

class Judge {
 public:
  Judge(const LossRow& row, LossAgreement& out) : row_(row), out_(out) {}

  void compare(const AgreementCase& which) {
    const LossInputs in = agreement_inputs(row_, which);
    const auto composite = recipe_with(row_, which, in, "composite");
    const auto expected = taken(*composite, in);
    for (const auto type : {at::kFloat, at::kDouble}) compare_as(type, which, in, *composite, expected);
  }

 private:
  void compare_as(at::ScalarType type, const AgreementCase& which, const LossInputs& in, LossRecipe& composite,
                  const std::optional<LossGradients>& expected) {
    const auto fused = recipe_with(row_, which, in, "fused");
    const auto fields = fused->fields();
    const std::string text =
        concat(type == at::kFloat ? "float32, " : "float64, ", case_text(fields, row_.recipe()->fields(), which, in));
    note_implementation(Implementation::kComposite);
    std::optional<LossGradients> got;
    try {
      got = taken(*fused, as_given(in, type, which));
    } catch (const Error& error) {
      return fail(concat("\"", error.what(), "\" in ", text));
    }
    if (!expected) {
      if (got) fail("takes what the composite refuses: " + text);
      return;
    }
    if (!got) {
      ++out_.refused;
      return;
    }
    if (last_implementation() == Implementation::kComposite)
      return fail("the composite ran where fused was asked: " + text);
    const double error = relative_error(*expected, *got, in);
    AgreementError& kind = kind_of(type, which, fields);
    ++kind.compared;
    if (error > kind.worst || kind.where.empty()) {
      kind.worst = error;
      kind.where = text;
    }
    if (error <= kind.limit) return;
    const double own = is_exact(fields, which) ? 0 : own_error(composite, *expected, in, type, which);
    if (!(error <= kOwnErrors * own)) fail(concat("relative error ", error, " in ", text));
  }

  AgreementError& kind_of(at::ScalarType type, const AgreementCase& which, const std::vector<Field>& fields) const {
    if (type == at::kDouble) return out_.exact;
    const bool cold = which.regime == AgreementRegime::kCold && find_field(fields, "temperature") != nullptr;
    return cold ? out_.cold : out_.single;
  }

  void fail(const std::string& what) const {
    if (out_.failures.size() < kMostFailures) out_.failures.push_back(out_.loss + ": " + what);
  }

  const LossRow& row_;
  LossAgreement& out_;
};

}  // namespace

LossAgreement loss_agreement(const LossRow& row, const AgreementOptions& options) {
  check_options(options, "verify loss");
  LossAgreement out{.loss = std::string(row.name)};
  out.has_fused = find_field(row.recipe()->fields(), "impl") != nullptr;
  if (!out.has_fused) return out;
  Judge judge(row, out);
  for (int regime = 0; regime < kAgreementRegimes; ++regime)
    for (int64_t i = 0; i < options.cases; ++i)
      judge.compare({.regime = static_cast<AgreementRegime>(regime),
                     .index = i,
                     .seed = static_cast<uint64_t>(options.seed),
                     .largest = options.largest});
  if (out.single.compared + out.cold.compared + out.exact.compared == 0)
    out.failures.push_back(out.loss + ": the fused version took none of the cases");
  return out;
}

}  // namespace kindred
