// SPDX-License-Identifier: Apache-2.0
// HCL, contrastive learning with hard negatives: the debiased loss with near negatives weighted up by e^{beta s / t}.
//
//   x1, x2 -> encoder -> head -> z1, z2 -> hard-negative loss
//
// Source: Robinson, Chuang, Sra, Jegelka 2021, arXiv:2010.04592 algorithm 1; head, t = 0.5, tau_plus = 0.1, beta = 1 as in
// the authors' code (github.com/joshr17/HCL). Departs: nothing; loss.beta = 0 is `debiased`, and with loss.tau_plus = 0
// besides, SimCLR.
#include "kindred/losses/hard_negative.h"

#include "kindred/losses/nt_xent.h"
#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct HclOptions {
  HardNegativeOptions loss{.temperature = 0.5, .tau_plus = 0.1, .beta = 1};
  ProjectionHeadOptions head{.hidden = 512, .last_batch_norm = false};
};
void visit_fields(FieldList& v, HclOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class Hcl final : public TwoViewMethod {
 public:
  Hcl(const HclOptions& options, const MethodContext& context)
      : TwoViewMethod("hcl", options.head, context), loss_(options.loss) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    return output(hard_negative(z.z1, z.z2, batch.ids, loss_), z);
  }

  // All alike, every weight is 1 and the value is NT-Xent's.
  std::vector<Landmark> landmarks() const override {
    return {{nt_xent_uniform_value(batch()), "ln(2B - 1): every embedding is as near as every other"}};
  }

 private:
  HardNegativeOptions loss_;
};

MethodPtr make_hcl(const HclOptions& options, const MethodContext& context) {
  return std::make_shared<Hcl>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> hcl_recipe() { return make_recipe(make_hcl); }

}  // namespace kindred
