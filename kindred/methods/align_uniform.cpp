// SPDX-License-Identifier: Apache-2.0
// Alignment and uniformity trained directly: views of one sample near each other, all samples spread over the sphere.
//
//   x1, x2 -> encoder -> head -> z1, z2 -> align + lambda (uniform(z1) + uniform(z2)) / 2
//
// Source: Wang & Isola 2020, arXiv:2005.10242 section 4.1, alpha = 2, t = 2, equal weights (their best on STL-10: 0.98 and
// 0.96, github.com/SsnL/align_uniform). Departs: SimCLR's head of 2 layers, where the paper's network ends in 128 units.
// Failure switch: loss.lambda = 0 collapses, at once with head.last_batch_norm = false.
#include "kindred/losses/align_uniform.h"

#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct AlignUniformMethodOptions {
  AlignUniformOptions loss;
  ProjectionHeadOptions head;  // 2 layers to 128
};
void visit_fields(FieldList& v, AlignUniformMethodOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class AlignUniform final : public TwoViewMethod {
 public:
  AlignUniform(const AlignUniformMethodOptions& options, const MethodContext& context)
      : TwoViewMethod("align_uniform", options.head, context), loss_(options.loss) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    return output(align_uniform(z.z1, z.z2, batch.ids, loss_), z);
  }

  std::vector<Landmark> landmarks() const override {
    return {{0, "alignment and uniformity both 0: every embedding is the same"}};
  }

 private:
  AlignUniformOptions loss_;
};

MethodPtr make_align_uniform(const AlignUniformMethodOptions& options, const MethodContext& context) {
  return std::make_shared<AlignUniform>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> align_uniform_recipe() { return make_recipe(make_align_uniform); }

}  // namespace kindred
