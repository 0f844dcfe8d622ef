// SPDX-License-Identifier: Apache-2.0
// Semi-supervised contrast: a labelled sample attracts all of its class, an unlabelled one its own other view.
//
//   x1, x2 -> encoder -> head -> [z1; z2] -> SupCon over 2B rows; positives by label where both have one, else by sample
//
// Source: SupCon (Khosla et al. 2020, arXiv:2004.11362 eq. 2) with the labels of some samples only; with none it is
// NT-Xent. Departs: no paper's recipe as such; head and temperature are those of sup_con.
// label_share < 1 hides labels, the same ones in every epoch, so that 100, 10, 1 % can be compared on one data set.
#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/data/sample.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/losses/sup_con.h"
#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct SemiSupOptions {
  double label_share = 1;
  SupConOptions loss;
  ProjectionHeadOptions head{.batch_norm = false, .last_batch_norm = false};
};
void visit_fields(FieldList& v, SemiSupOptions& o) {
  v("label_share", o.label_share, "share of the labels that are used; the others are hidden", between(0, 1));
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class SemiSup final : public TwoViewMethod {
 public:
  SemiSup(const SemiSupOptions& options, const MethodContext& context)
      : TwoViewMethod("semi_sup", options.head, context), options_(options), seed_(context.seed) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    const auto labels = shown(batch);
    const double labelled = (labels != kNoLabel).to(torch::kDouble).mean().item<double>();
    const auto loss = sup_con(torch::cat({z.z1, z.z2}), labels.repeat({2}), batch.ids.repeat({2}), options_.loss);
    return output(loss, z, {{"labelled", labelled}});
  }

  // As in sup_con.
  std::vector<Landmark> landmarks() const override {
    const auto& o = options_.loss;
    const double factor = o.base_temperature > 0 ? o.temperature / o.base_temperature : 1;
    return {{factor * nt_xent_uniform_value(batch()), "ln(2B - 1): every embedding is as near as every other"}};
  }

 private:
  // The labels that are not hidden; whether one is depends on the sample alone.
  torch::Tensor shown(const Batch& batch) const {
    auto labels = batch.labels.clone();  // [B]
    for (int64_t i = 0; i < labels.size(0); ++i) {
      const auto id = static_cast<uint64_t>(batch.ids[i].item<int64_t>());
      if (!CounterRng(seed_, RngOp::kSubset, id).chance(options_.label_share)) labels[i] = kNoLabel;
    }
    return labels;
  }

  SemiSupOptions options_;
  uint64_t seed_;
};

MethodPtr make_semi_sup(const SemiSupOptions& options, const MethodContext& context) {
  check(options.label_share == 1 || context.label_reader.empty(), "semi_sup: expected label_share = 1 beside ",
        context.label_reader, ", which reads every label, got ", options.label_share);
  return std::make_shared<SemiSup>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> semi_sup_recipe() { return make_recipe(make_semi_sup); }

}  // namespace kindred
