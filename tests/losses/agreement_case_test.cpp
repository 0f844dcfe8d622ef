// SPDX-License-Identifier: Apache-2.0
// The random cases: each loss of the registry takes enough of them in every regime, they show what the regime is named for,
// and they are the same each time.
#include "kindred/losses/agreement_case.h"

#include <gmock/gmock.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/gradients.h"
#include "kindred/losses/needs.h"
#include "kindred/losses/registry.h"

namespace kindred {
namespace {

AgreementCase small(int regime, int64_t index) {
  return {.regime = static_cast<AgreementRegime>(regime), .index = index, .seed = 1, .largest = 20};
}

TEST(AgreementCase, EveryLossTakesSomeCasesOfEveryRegime) {
  for (const auto& row : loss_rows())
    for (int regime = 0; regime < kAgreementRegimes; ++regime) {
      int took = 0;
      for (int64_t i = 0; i < 6; ++i) {
        const AgreementCase which = small(regime, i);
        const LossInputs in = agreement_inputs(row, which);
        EXPECT_NO_THROW(check_needs(row, in)) << row.name;
        const auto recipe = row.recipe();
        vary_options(recipe->fields(), which, in);
        try {
          const auto got = loss_gradients(*recipe, as_given(in, torch::kFloat64, which));
          EXPECT_TRUE(torch::isfinite(got.value).all().item<bool>()) << row.name;
          ++took;
        } catch (const InvalidArgument&) {  // one row, two ways with a queue, ...
        }
      }
      EXPECT_GE(took, 1) << row.name << ", " << regime_name(static_cast<AgreementRegime>(regime));
    }
}

TEST(AgreementCase, IsTheSameEachTimeAndAnotherForEachIndex) {
  const LossRow& row = find_loss("info_nce");
  const auto one = agreement_inputs(row, small(0, 3)), again = agreement_inputs(row, small(0, 3)),
             other = agreement_inputs(row, small(0, 4));
  EXPECT_TRUE(torch::equal(one.views[0], again.views[0]));
  EXPECT_FALSE(one.views[0].sizes() == other.views[0].sizes() && torch::equal(one.views[0], other.views[0]));
}

TEST(AgreementCase, LayoutsChangeNoNumber) {
  const LossRow& row = find_loss("info_nce");
  int strided_views = 0;
  for (int64_t i = 0; i < 12; ++i) {
    const LossInputs in = agreement_inputs(row, small(0, i)), given = as_given(in, torch::kFloat32, small(0, i));
    for (size_t v = 0; v < 2; ++v) {
      EXPECT_TRUE(torch::equal(given.views[v].to(torch::kFloat64), in.views[v])) << "float32 holds the numbers exactly";
      if (!given.views[v].is_contiguous()) ++strided_views;
    }
  }
  EXPECT_GT(strided_views, 4);
}

TEST(AgreementCase, RegimesAreWhatTheyAreNamed) {
  const LossRow& row = find_loss("info_nce");
  const auto first = [&](AgreementRegime regime) {  // one with more than 4 rows
    for (int64_t i = 0;; ++i) {
      const LossInputs in = agreement_inputs(row, small(static_cast<int>(regime), i));
      if (in.views[0].size(0) > 4) return in;
    }
  };
  const at::Tensor equal = first(AgreementRegime::kEqual).views[1];
  EXPECT_TRUE(torch::equal(equal, equal[0].expand_as(equal)));
  EXPECT_EQ((first(AgreementRegime::kZeroRow).views[0].abs().sum(1) == 0).sum().item<int64_t>(), 1);
  const at::Tensor whole = first(AgreementRegime::kWhole).views[0];
  EXPECT_TRUE(torch::equal(whole, whole.round()));
  const LossInputs cold = first(AgreementRegime::kCold);
  EXPECT_TRUE(torch::equal(cold.views[0][0], cold.views[1][0]));
  const at::Tensor lengths = first(AgreementRegime::kLongRows).views[0].norm(2, 1);
  EXPECT_GT(lengths.max().item<double>() / lengths.min().item<double>(), 30);
  const at::Tensor rows = first(AgreementRegime::kDuplicates).views[0];
  int64_t pairs = 0;
  for (int64_t i = 0; i < rows.size(0); ++i)
    for (int64_t j = 0; j < i; ++j) pairs += torch::equal(rows[i], rows[j]) ? 1 : 0;
  EXPECT_GE(pairs, 1);
}

TEST(AgreementCase, OptionsVaryAndTheTextSaysHow) {
  const LossRow& row = find_loss("triplet");
  bool mined = false, distance = false;
  for (int64_t i = 0; i < 30; ++i)
    for (const int regime : {0, 6}) {
      const AgreementCase which = small(regime, i);
      const LossInputs in = agreement_inputs(row, which);
      const auto recipe = row.recipe(), plain = row.recipe();
      vary_options(recipe->fields(), which, in);
      const std::string text = case_text(recipe->fields(), plain->fields(), which, in);
      if (regime == 0) {
        EXPECT_THAT(text, testing::StartsWith(concat("random, case ", i, ": views ")));
        EXPECT_THAT(text, testing::Not(testing::HasSubstr("miner.kind")));
        distance |= text.find("distance = ") != std::string::npos;
      } else {
        EXPECT_THAT(text, testing::HasSubstr("normalize = false"));
        EXPECT_THAT(text, testing::Not(testing::HasSubstr("distance_weighted")));
        mined |= text.find("miner.kind = ") != std::string::npos;
      }
    }
  EXPECT_TRUE(mined && distance);
}

}  // namespace
}  // namespace kindred
