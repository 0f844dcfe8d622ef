// SPDX-License-Identifier: Apache-2.0
// NNCLR.   x1 -> encoder -> head -> z1 -> nearest row of the queue -> n1 \.
//          x2 -> encoder -> head -> z2 -> predictor ---------------> p2 --> InfoNCE(n1, p2), and half the sum with the views
//                                                                          exchanged;  z1 -> queue
// Source: Dwibedi et al. 2021, arXiv:2104.14548, equations 3 and 4 and algorithm 1: neighbours come from the queue before the
// batch enters it, one view enters. The support set starts with random rows, as in the paper's pseudo-code.
// Departs: 4096 rows (the paper: 98304) and heads of 2 layers with 1024 hidden units (3 with 2048; predictor 4096), sizes
// common for CIFAR-10.
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/losses/nnclr.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/losses/rows.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/branch.h"
#include "kindred/nn/heads.h"
#include "kindred/nn/row_queue.h"

namespace kindred {
namespace {

struct NnclrMethodOptions {
  NnclrOptions loss{.temperature = 0.1};
  int64_t queue = 4096;
  ProjectionHeadOptions head{.layers = 2, .hidden = 1024, .out = 256};
  PredictionHeadOptions predictor{.layers = 2, .hidden = 1024};
};
void visit_fields(FieldList& v, NnclrMethodOptions& o) {
  v.group("loss", o.loss);
  v("queue", o.queue, "rows of earlier batches among which neighbours are sought", at_least(1));
  v.group("head", o.head);
  v.group("predictor", o.predictor);
}

class NnclrMethod final : public Method {
 public:
  NnclrMethod(const NnclrMethodOptions& options, const MethodContext& context)
      : loss_(options.loss),
        batch_(context.batch),
        branch_(std::make_shared<Branch>(context.encoder, projection_head(context.encoder->out_dim(), options.head))),
        predictor_(prediction_head(options.head.out, options.predictor)),
        queue_(std::make_shared<RowQueue>(options.queue, options.head.out)) {
    register_module("branch", branch_);
    register_module("predictor", predictor_);
    register_module("queue", queue_);
    init_weights(*branch_->head(), context.seed);
    init_weights(*predictor_, context.seed + 1);
    queue_->fill_randomly(context.seed + 2);
  }

  StepOutput step(const Batch& batch) override {
    const auto z1 = branch_->forward(batch.views[0]), z2 = branch_->forward(batch.views[1]);              // [B, D]
    const auto p1 = predictor_->forward(z1), p2 = predictor_->forward(z2);                                // [B, D]
    const auto n1 = nearest_neighbours(z1, queue_->rows()), n2 = nearest_neighbours(z2, queue_->rows());  // [B, D]
    const auto loss = nnclr(n1, p2, n2, p1, batch.ids, loss_);
    queue_->push(normalized(z1.detach()), batch.ids);
    return {.loss = loss,
            .metrics = {{"neighbour_cosine", (n1 * normalized(z1.detach())).sum(1).mean().item<double>()}},
            .z1 = z1.detach(),
            .z2 = z2.detach()};
  }

  std::vector<Landmark> landmarks() const override {
    if (loss_.denominators == "nt_xent")
      return {{nt_xent_uniform_value(batch_), "ln(2B - 1): every embedding is as near as every other"}};
    return {{std::log(static_cast<double>(batch_)), "ln(B): every embedding is as near as every other"}};
  }
  EncoderPtr encoder() const override { return branch_->encoder(); }

 private:
  NnclrOptions loss_;
  int64_t batch_;
  std::shared_ptr<Branch> branch_;
  torch::nn::Sequential predictor_;
  std::shared_ptr<RowQueue> queue_;
};

MethodPtr make_nnclr(const NnclrMethodOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "nnclr: expected a batch of at least 2 samples (the others are the negatives), got ",
        context.batch);
  return std::make_shared<NnclrMethod>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> nnclr_recipe() { return make_recipe(make_nnclr); }

}  // namespace kindred
