// SPDX-License-Identifier: Apache-2.0
// The comparison of a fused version with its definition, on rows made here: a right one agrees, and each kind of wrong one
// is caught: value, gradient, one regime only, strides, ids, not a number, composite in disguise.
#include "kindred/losses/agreement.h"

#include <gmock/gmock.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/ops/implementation.h"

namespace kindred {
namespace {

using testing::HasSubstr;

enum class Fault {
  kNone,
  kValue,
  kGradient,
  kDouble,
  kCold,
  kZeroRow,
  kStrides,
  kIds,
  kNan,
  kDisguise,
  kRefusesAll,
  kRefusesIds,
  kTakesMore,
  kThrows
};

struct ToyOptions {
  double temperature = 0.5;
  std::string impl = "auto";
};
void visit_fields(FieldList& v, ToyOptions& o) {
  v("temperature", o.temperature, "", above(0));
  v("impl", o.impl, "", implementation_choices());
}

at::Tensor slope_only(const at::Tensor& x) { return x.sum() - x.sum().detach(); }  // value 0, gradient 1

// NT-Xent as a loss with a "fused" version that has one fault.
template <Fault fault>
at::Tensor toy(const ToyOptions& o, const LossInputs& in) {
  const at::Tensor &z1 = in.views[0], &z2 = in.views[1];
  const bool fused = o.impl != "composite";
  const bool refused = fault == Fault::kRefusesAll || (fault == Fault::kRefusesIds && in.ids.defined());
  check(!(fused && refused), "toy: expected less, got more");
  check(z1.size(0) > 1 || (fused && fault == Fault::kTakesMore), "toy: expected 2 rows, got 1");
  if (fused && fault == Fault::kThrows) throw NonFinite("z1");
  at::Tensor loss = nt_xent(z1, z2, in.ids, {.temperature = o.temperature});
  note_implementation(fused && fault != Fault::kDisguise ? Implementation::kFused : Implementation::kComposite);
  if (!fused) return loss;
  const auto one_in = [&](int64_t n) { return (z1.detach().norm(2, 1) == 0).sum().item<int64_t>() >= n; };
  switch (fault) {
    case Fault::kValue:
      return loss + 3e-3;
    case Fault::kGradient:
      return loss + 1e-3 * slope_only(z1);
    case Fault::kDouble:
      return z1.scalar_type() == torch::kFloat64 ? loss + 1e-4 * loss.detach() : loss;
    case Fault::kCold:
      return o.temperature < 0.05 ? loss * 1.01 : loss;
    case Fault::kZeroRow:
      return one_in(1) ? loss + slope_only(z1) : loss;
    case Fault::kStrides:
      return z1.is_contiguous() ? loss : loss * 1.5;
    case Fault::kIds:
      return in.ids.defined() ? nt_xent(z1, z2, {.temperature = o.temperature}) : loss;
    case Fault::kNan:
      return loss + slope_only(z1) * std::nan("");
    default:
      return loss;
  }
}
template <Fault fault>
LossRow toy_row() {
  return {"toy", "", "views:2 | ids",
          [] { return make_recipe<ToyOptions, at::Tensor, const LossInputs&>(toy<fault>); }};
}
const AgreementOptions kSmall{.cases = 8, .seed = 0, .largest = 33};

template <Fault fault>
void expect_caught(const std::string& says) {
  const auto result = loss_agreement(toy_row<fault>(), kSmall);
  EXPECT_FALSE(result.agrees()) << static_cast<int>(fault);
  std::string all;
  for (const auto& line : result.failures) all += line + "\n";
  EXPECT_THAT(all, HasSubstr(says));
}

TEST(Agreement, ARightOneAgrees) {
  const auto result = loss_agreement(toy_row<Fault::kNone>(), kSmall);
  EXPECT_TRUE(result.agrees()) << result.failures[0];
  EXPECT_TRUE(result.has_fused);
  EXPECT_EQ(result.refused, 0);
  EXPECT_GT(result.single.compared, 20);
  EXPECT_GT(result.cold.compared, 2);
  EXPECT_GT(result.exact.compared, 20);
  EXPECT_GT(result.single.worst, 0);  // float32 is not float64
  EXPECT_LT(result.exact.worst, 1e-12);
  EXPECT_THAT(result.single.where, HasSubstr("float32, "));
}

TEST(Agreement, EachFaultIsCaught) {
  expect_caught<Fault::kValue>("relative error 0.00");
  expect_caught<Fault::kGradient>("relative error");
  expect_caught<Fault::kDouble>("float64, ");
  expect_caught<Fault::kCold>("cold, case ");
  expect_caught<Fault::kZeroRow>("zero row, case ");
  expect_caught<Fault::kStrides>("relative error");
  expect_caught<Fault::kIds>(", ids [");
  expect_caught<Fault::kNan>("relative error inf");
  expect_caught<Fault::kDisguise>("the composite ran where fused was asked");
  expect_caught<Fault::kRefusesAll>("the fused version took none of the cases");
  expect_caught<Fault::kTakesMore>("takes what the composite refuses");
  expect_caught<Fault::kThrows>("\"z1\" in float32");
}

TEST(Agreement, ARefusalIsCountedAndNoFault) {
  const auto result = loss_agreement(toy_row<Fault::kRefusesIds>(), kSmall);
  EXPECT_TRUE(result.agrees());
  EXPECT_GT(result.refused, 0);
  EXPECT_GT(result.single.compared, 10);
}

struct PlainOptions {
  double temperature = 0.5;
};
void visit_fields(FieldList& v, PlainOptions& o) { v("temperature", o.temperature, "", above(0)); }
at::Tensor plain(const PlainOptions& o, const LossInputs& in) {
  return nt_xent(in.views[0], in.views[1], {.temperature = o.temperature});
}

TEST(Agreement, ALossWithoutAFusedVersionIsNotCompared) {
  const LossRow row{"plain", "", "views:2", []() -> std::unique_ptr<LossRecipe> {
                      return make_recipe<PlainOptions, at::Tensor, const LossInputs&>(plain);
                    }};
  const auto result = loss_agreement(row, kSmall);
  EXPECT_FALSE(result.has_fused);
  EXPECT_TRUE(result.agrees());
  EXPECT_EQ(result.single.compared, 0);
}

// What kindred verify loss does at full size, here on small cases of all losses that have a fused version.
TEST(Agreement, TheRegistryAgrees) {
  for (const auto& row : loss_rows()) {
    const auto result = loss_agreement(row, {.cases = 2, .seed = 3, .largest = 65});
    for (const auto& failure : result.failures) ADD_FAILURE() << failure;
  }
}

}  // namespace
}  // namespace kindred
