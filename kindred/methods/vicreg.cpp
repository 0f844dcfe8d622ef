// SPDX-License-Identifier: Apache-2.0
// VICReg: the two views of a sample should agree (invariance), every column should vary (variance), and no two columns
// should say the same (covariance). No negatives.
//
//   x1, x2 -> encoder -> expander -> z1, z2 -> 25 invariance + 25 variance + 1 covariance      (rows not normalised)
//
// Source: Bardes, Ponce, LeCun 2022, arXiv:2105.04906 eq. 6 and algorithm 1; the weights in the form of the authors' code
// (github.com/facebookresearch/vicreg, main_vicreg.py), for which they were tuned.
// Departs: an expander of 3 x 1024 for small pictures on a CPU (theirs: 3 x 8192); both views in one pass of batch norm.
// Failure switch: loss.variance = 0 collapses.
#include "kindred/losses/vicreg.h"

#include <cmath>

#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct VicregMethodOptions {
  VicregOptions loss{.convention = "code"};
  ProjectionHeadOptions head{.layers = 3, .hidden = 1024, .out = 1024, .last_batch_norm = false};
};
void visit_fields(FieldList& v, VicregMethodOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class Vicreg final : public TwoViewMethod {
 public:
  Vicreg(const VicregMethodOptions& options, const MethodContext& context)
      : TwoViewMethod("vicreg", options.head, context), loss_(options.loss) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    return output(vicreg(z.z1, z.z2, loss_), z, {{"column_std", column_std(z.z1.detach())}});
  }

  // Collapsed, only the hinges of both branches are left, each gamma less the root of epsilon.
  std::vector<Landmark> landmarks() const override {
    const double branches = loss_.convention == "code" ? 1 : 2;
    const double hinge = std::max(0.0, loss_.gamma - std::sqrt(loss_.epsilon));
    return {{branches * loss_.variance * hinge, "only the variance term is left: every embedding is the same"}};
  }

 private:
  // What the variance term wants at gamma or above: the deviation of a column, the mean over columns.
  static double column_std(const torch::Tensor& z) {
    const auto square = (z - z.mean(0)).square().sum(0) / static_cast<double>(z.size(0) - 1);  // [D]
    return square.sqrt().mean().item<double>();
  }

  VicregOptions loss_;
};

MethodPtr make_vicreg(const VicregMethodOptions& options, const MethodContext& context) {
  return std::make_shared<Vicreg>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> vicreg_recipe() { return make_recipe(make_vicreg); }

}  // namespace kindred
