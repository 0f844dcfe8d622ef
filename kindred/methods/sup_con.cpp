// SPDX-License-Identifier: Apache-2.0
// SupCon: all views of all samples of a class attract, all others repel. Needs labels.
//
//   x1, x2 -> encoder -> head -> [z1; z2] -> SupCon over 2B rows with their labels
//
// Source: Khosla et al. 2020, arXiv:2004.11362 eq. 2, t = 0.1; the head (linear, ReLU, linear to 128, no batch norm) of the
// authors' code (github.com/HobbitLong/SupContrast). Departs: the authors' code multiplies by t / base temperature
// (loss.base_temperature = 0.07). A sample without a label has its own other view as its only positive.
#include "kindred/losses/sup_con.h"

#include "kindred/losses/nt_xent.h"
#include "kindred/methods/registry.h"
#include "kindred/methods/two_view_method.h"

namespace kindred {
namespace {

struct SupConMethodOptions {
  SupConOptions loss;
  ProjectionHeadOptions head{.batch_norm = false, .last_batch_norm = false};
};
void visit_fields(FieldList& v, SupConMethodOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class SupCon final : public TwoViewMethod {
 public:
  SupCon(const SupConMethodOptions& options, const MethodContext& context)
      : TwoViewMethod("sup_con", options.head, context), loss_(options.loss) {}

  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    return output(sup_con(torch::cat({z.z1, z.z2}), batch.labels.repeat({2}), batch.ids.repeat({2}), loss_), z);
  }

  // All alike, a positive is one of 2B - 1 others, however many positives there are ("in" and "out" agree).
  std::vector<Landmark> landmarks() const override {
    const double factor = loss_.base_temperature > 0 ? loss_.temperature / loss_.base_temperature : 1;
    return {{factor * nt_xent_uniform_value(batch()), "ln(2B - 1): every embedding is as near as every other"}};
  }

 private:
  SupConOptions loss_;
};

MethodPtr make_sup_con(const SupConMethodOptions& options, const MethodContext& context) {
  return std::make_shared<SupCon>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> sup_con_recipe() { return make_recipe(make_sup_con); }

}  // namespace kindred
