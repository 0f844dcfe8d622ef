// SPDX-License-Identifier: Apache-2.0
// Debiased contrastive learning: SimCLR whose sum over negatives is corrected for the positives that hide among them.
//
//   x1, x2 -> encoder -> head -> z1, z2 -> debiased loss
//
// Source: Chuang, Robinson, Lin, Torralba, Jegelka 2020, arXiv:2007.00224 algorithm 1; the head (hidden 512, 128 out, no
// batch norm after the last layer) and t = 0.5 as in the authors' CIFAR-10 code (github.com/chingyaoc/DCL, main.py).
// Departs: the two views of this batch give the one positive (M = 1) and the 2B - 2 negatives, as the authors' code does.
#include "kindred/losses/debiased.h"

#include "kindred/losses/nt_xent.h"
#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct DebiasedMethodOptions {
  DebiasedOptions loss{.temperature = 0.5, .tau_plus = 0.1};
  ProjectionHeadOptions head{.hidden = 512, .last_batch_norm = false};
};
void visit_fields(FieldList& v, DebiasedMethodOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class DebiasedMethod final : public TwoViewMethod {
 public:
  DebiasedMethod(const DebiasedMethodOptions& options, const MethodContext& context)
      : TwoViewMethod("debiased", options.head, context), loss_(options.loss) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    return output(debiased(z.z1, z.z2, batch.ids, loss_), z);
  }

  // All alike, the correction takes away as much as it divides by: the value is NT-Xent's.
  std::vector<Landmark> landmarks() const override {
    return {{nt_xent_uniform_value(batch()), "ln(2B - 1): every embedding is as near as every other"}};
  }

 private:
  DebiasedOptions loss_;
};

MethodPtr make_debiased(const DebiasedMethodOptions& options, const MethodContext& context) {
  return std::make_shared<DebiasedMethod>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> debiased_recipe() { return make_recipe(make_debiased); }

}  // namespace kindred
