// SPDX-License-Identifier: Apache-2.0
// Barlow Twins: the correlation of every column of one view with every column of the other should be the identity.
//
//   x1, x2 -> encoder -> projector -> z1, z2 -> sum (1 - C_ii)^2 + lambda sum C_ij^2           (columns standardised)
//
// Source: Zbontar, Jing, Misra, LeCun, Deny 2021, arXiv:2103.03230 algorithm 1; lambda = 0.0051 and the loss scale 0.024 as
// in the authors' runs (github.com/facebookresearch/barlowtwins, README: --scale-loss 0.024).
// Departs: a projector of 3 x 1024 for small pictures on a CPU (theirs: 3 x 8192); both views in one pass of batch norm.
// Failure switch: loss.lambda = 0 lets all columns say the same (dimensional collapse).
#include "kindred/losses/barlow_twins.h"

#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct BarlowTwinsMethodOptions {
  BarlowTwinsOptions loss{.scale = 0.024};
  ProjectionHeadOptions head{.layers = 3, .hidden = 1024, .out = 1024, .last_batch_norm = false};
};
void visit_fields(FieldList& v, BarlowTwinsMethodOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class BarlowTwins final : public TwoViewMethod {
 public:
  BarlowTwins(const BarlowTwinsMethodOptions& options, const MethodContext& context)
      : TwoViewMethod("barlow_twins", options.head, context), loss_(options.loss) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    return output(barlow_twins(z.z1, z.z2, loss_), z);
  }

  std::vector<Landmark> landmarks() const override {
    return {{loss_.scale * static_cast<double>(width()),
             "scale x d: the views do not correlate at all, or every embedding is the same"}};
  }

 private:
  BarlowTwinsOptions loss_;
};

MethodPtr make_barlow_twins(const BarlowTwinsMethodOptions& options, const MethodContext& context) {
  return std::make_shared<BarlowTwins>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> barlow_twins_recipe() { return make_recipe(make_barlow_twins); }

}  // namespace kindred
