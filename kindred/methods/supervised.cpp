// SPDX-License-Identifier: Apache-2.0
// The supervised baseline: a linear classifier on the encoder, cross-entropy. What the other methods are measured against.
//
//   x -> encoder -> h -> linear -> logits -> cross-entropy with labels -> loss
//
// Source: the cross-entropy baseline of Khosla et al. 2020, arXiv:2004.11362 section 4.1. Departs: nothing; samples
// without a label do not count.
#include <torch/nn/modules/linear.h>

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/data/sample.h"
#include "kindred/methods/registry.h"

namespace kindred {
namespace {

struct SupervisedOptions {
  double label_smoothing = 0;
};
void visit_fields(FieldList& v, SupervisedOptions& o) {
  v("label_smoothing", o.label_smoothing, "share of the target that is spread over all classes", from_below(0, 1));
}

class Supervised final : public Method {
 public:
  Supervised(const SupervisedOptions& options, const MethodContext& context)
      : options_(options),
        classes_(context.classes),
        encoder_(register_module("encoder", context.encoder)),
        classifier_(register_module("classifier", torch::nn::Linear(context.encoder->out_dim(), context.classes))) {
    init_weights(*classifier_, context.seed);
  }

  StepOutput step(const Batch& batch) override {
    const auto h = encoder_->forward(batch.views[0]);  // [B, D]
    const auto logits = classifier_(h);                // [B, C]
    const auto labelled = (batch.labels != kNoLabel).to(logits.scalar_type());
    const auto safe = batch.labels.clamp_min(0);
    const auto log_p = logits.log_softmax(1);
    const auto own = log_p.gather(1, safe.unsqueeze(1)).squeeze(1);
    const auto terms = (options_.label_smoothing - 1) * own - options_.label_smoothing * log_p.mean(1);  // [B]
    const auto count = labelled.sum().clamp_min(1);
    const double correct = ((logits.argmax(1) == safe).to(torch::kDouble) * labelled).sum().item<double>();
    return {.loss = (terms * labelled).sum() / count,
            .metrics = {{"train_top1", correct / count.item<double>()}},
            .z1 = h.detach(),
            .z2 = {}};
  }

  std::vector<Landmark> landmarks() const override {
    return {{std::log(static_cast<double>(classes_)), "ln C: every class is as likely as every other"}};
  }
  EncoderPtr encoder() const override { return encoder_; }

 private:
  SupervisedOptions options_;
  int64_t classes_;
  EncoderPtr encoder_;
  torch::nn::Linear classifier_;
};

MethodPtr make_supervised(const SupervisedOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "supervised: expected a batch of at least 2 samples (batch norm needs them), got ",
        context.batch);
  check(context.classes >= 2, "supervised: expected samples of at least 2 classes, got ", context.classes);
  return std::make_shared<Supervised>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> supervised_recipe() { return make_recipe(make_supervised); }

}  // namespace kindred
