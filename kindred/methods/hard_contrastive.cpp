// SPDX-License-Identifier: Apache-2.0
// Hard contrastive loss: of each sample's negatives only the nearest share stays in the sum, so that a large temperature
// no longer means indifference to hardness.
//
//   x1, x2 -> encoder -> head -> z1, z2 -> 1/2 (hard(z1, z2) + hard(z2, z1))
//
// Source: Wang & Liu 2021, arXiv:2012.09740 eq. 8 (softmax) and 2 (simple); share 0.0819 on CIFAR-10.
// Departs: negatives are the B - 1 other samples of the batch where the paper has the whole data set in a memory bank; both
// directions, since the batch holds keys and queries alike.
#include "kindred/losses/hard_contrastive.h"

#include <cmath>

#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct HardContrastiveMethodOptions {
  HardContrastiveOptions loss;
  ProjectionHeadOptions head;  // 2 layers to 128
};
void visit_fields(FieldList& v, HardContrastiveMethodOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class HardContrastive final : public TwoViewMethod {
 public:
  HardContrastive(const HardContrastiveMethodOptions& options, const MethodContext& context)
      : TwoViewMethod("hard_contrastive", options.head, context), loss_(options.loss) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    const auto loss =
        0.5 * (hard_contrastive(z.z1, z.z2, batch.ids, loss_) + hard_contrastive(z.z2, z.z1, batch.ids, loss_));
    return output(loss, z);
  }

  std::vector<Landmark> landmarks() const override {
    const double others = kept_when_alike();
    if (loss_.form == "simple")
      return {{loss_.lambda * others - 1, "lambda (negatives kept) - 1: every embedding is the same"}};
    return {{std::log1p(others), "ln(1 + negatives kept): every embedding is as near as every other"}};
  }

 private:
  // Negatives of equal nearness are all kept, or so many as were asked for.
  double kept_when_alike() const {
    const auto others = static_cast<double>(batch() - 1);
    if (loss_.ties == "all") return others;
    return loss_.count > 0 ? std::min(static_cast<double>(loss_.count), others) : std::ceil(loss_.share * others);
  }

  HardContrastiveOptions loss_;
};

MethodPtr make_hard_contrastive(const HardContrastiveMethodOptions& options, const MethodContext& context) {
  return std::make_shared<HardContrastive>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> hard_contrastive_recipe() { return make_recipe(make_hard_contrastive); }

}  // namespace kindred
