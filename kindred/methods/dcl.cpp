// SPDX-License-Identifier: Apache-2.0
// DCL, decoupled contrastive learning: SimCLR without the positive below the line, which makes small batches learn as fast.
//
//   x1, x2 -> encoder -> head -> z1, z2 -> decoupled loss
//
// Source: Yeh, Hong, Hsu, Liu, Chen, LeCun 2021, arXiv:2110.06848 eq. 5 (DCL) and 6 (DCLW: loss.weighting = von_mises),
// t = 0.1. Departs: the head is SimCLR's with batch norm after both layers.
#include <cmath>

#include "kindred/losses/decoupled.h"
#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct DclOptions {
  DecoupledOptions loss;
  ProjectionHeadOptions head;  // 2 layers to 128
};
void visit_fields(FieldList& v, DclOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class Dcl final : public TwoViewMethod {
 public:
  Dcl(const DclOptions& options, const MethodContext& context)
      : TwoViewMethod("dcl", options.head, context), loss_(options.loss) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    return output(decoupled(z.z1, z.z2, batch.ids, loss_), z);
  }

  // All alike, 2B - 2 negatives are as near as the positive, whose weight is 1 in both forms.
  std::vector<Landmark> landmarks() const override {
    return {
        {std::log(2.0 * static_cast<double>(batch()) - 2), "ln(2B - 2): every embedding is as near as every other"}};
  }

 private:
  DecoupledOptions loss_;
};

MethodPtr make_dcl(const DclOptions& options, const MethodContext& context) {
  return std::make_shared<Dcl>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> dcl_recipe() { return make_recipe(make_dcl); }

}  // namespace kindred
