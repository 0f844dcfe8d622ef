// SPDX-License-Identifier: Apache-2.0
// BYOL.   x1 -> encoder  -> head  -> z1 -> predictor -> p1 \.
//         x2 -> encoder' -> head' -> t2 --- no gradient ---- 2 - 2 cos(p1, t2), and the same with the views exchanged
//                                                                                       (' = slow copy of what is trained)
// Source: Grill et al. 2020, arXiv:2006.07733, equations 1 to 3 and appendix A. The views go through one after the other,
// each with batch statistics of its own, and the target normalises with the statistics of its batch, as in the authors' code
// (https://github.com/deepmind/deepmind-research/tree/master/byol).
// Departs: heads of 1024 hidden units (the paper: 4096), as common for CIFAR-10; momentum 0.99, the paper's for 300 epochs
// (0.996 for 1000).
// To show what keeps it from collapsing: loss.stop_gradient=false (the target is then the trained network itself),
// predictor.layers=0, predictor.trained=false, ema.momentum=0 or 1 with ema.schedule=constant.
#include "kindred/core/error.h"
#include "kindred/losses/negative_cosine.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/branch.h"
#include "kindred/nn/ema.h"
#include "kindred/nn/heads.h"
#include "kindred/optim/schedule.h"

namespace kindred {
namespace {

struct ByolOptions {
  NegativeCosineOptions loss{.form = "byol"};
  bool symmetric = true;
  EmaOptions ema{.momentum = 0.99, .schedule = "cosine"};
  ProjectionHeadOptions head{.layers = 2, .hidden = 1024, .out = 256, .last_batch_norm = false};
  PredictionHeadOptions predictor{.layers = 2, .hidden = 1024};
};
void visit_fields(FieldList& v, ByolOptions& o) {
  v.group("loss", o.loss);
  v("symmetric", o.symmetric, "both views are predicted in turn; false: the second from the first only");
  v.group("ema", o.ema);
  v.group("head", o.head);
  v.group("predictor", o.predictor);
}

class Byol final : public Method {
 public:
  Byol(const ByolOptions& options, const MethodContext& context)
      : options_(options),
        total_steps_(context.total_steps),
        student_(std::make_shared<Branch>(context.encoder, head(context))),
        teacher_(std::make_shared<Branch>(context.new_encoder(), head(context))),
        predictor_(prediction_head(options.head.out, options.predictor)),
        target_(options.loss.stop_gradient ? teacher_ : student_) {
    register_module("student", student_);
    register_module("teacher", teacher_);
    register_module("predictor", predictor_);
    init_weights(*student_->head(), context.seed);
    init_weights(*predictor_, context.seed + 1);
    start_teacher(*teacher_, *student_);
  }

  StepOutput step(const Batch& batch) override {
    if (!options_.symmetric) return one_way(batch);
    const auto z1 = student_->forward(batch.views[0]), z2 = student_->forward(batch.views[1]);  // [B, D]
    const auto p1 = predictor_->forward(z1), p2 = predictor_->forward(z2);                      // [B, D]
    const auto t1 = target(batch.views[0]), t2 = target(batch.views[1]);                        // [B, D]
    return {
        .loss = negative_cosine(p1, t2, p2, t1, options_.loss), .metrics = {}, .z1 = z1.detach(), .z2 = z2.detach()};
  }

  void after_optimizer_step(int64_t step) override {
    ema_update(*teacher_, *student_, momentum_at(options_.ema, step, total_steps_));
  }

  std::vector<Landmark> landmarks() const override {
    const double value = options_.loss.form == "byol" ? 0 : -1;
    return {{value, "every prediction hits its target: all samples have the same embedding"}};
  }
  EncoderPtr encoder() const override { return student_->encoder(); }

 private:
  StepOutput one_way(const Batch& batch) {
    const auto z1 = student_->forward(batch.views[0]), t2 = target(batch.views[1]);  // [B, D]
    const auto loss = negative_cosine(predictor_->forward(z1), t2, options_.loss);
    return {.loss = loss, .metrics = {}, .z1 = z1.detach(), .z2 = t2.detach()};
  }

  torch::nn::Sequential head(const MethodContext& context) const {
    return projection_head(context.encoder->out_dim(), options_.head);
  }

  torch::Tensor target(const torch::Tensor& x) {
    torch::AutoGradMode with_gradient(!options_.loss.stop_gradient);
    return target_->forward(x);
  }

  ByolOptions options_;
  int64_t total_steps_;
  std::shared_ptr<Branch> student_, teacher_;
  torch::nn::Sequential predictor_;
  std::shared_ptr<Branch> target_;  // one of the two
};

MethodPtr make_byol(const ByolOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "byol: expected a batch of at least 2 samples (batch norm needs them), got ",
        context.batch);
  return std::make_shared<Byol>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> byol_recipe() { return make_recipe(make_byol); }

}  // namespace kindred
