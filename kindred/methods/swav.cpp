// SPDX-License-Identifier: Apache-2.0
// SwAV.   crops -> encoder -> head -> z -> scores against prototypes -> softmax ------------.
//         the two global crops:              scores (and the queue's) -> Sinkhorn -> codes --+-> each crop predicts the codes
//                                                                                               of the other global crops
// Source: Caron et al. 2020, arXiv:2006.09882, equations 2 to 5, sections 3.3 (multi-crop) and 4.2 (queue), and the authors'
// code (https://github.com/facebookresearch/swav): prototypes wait for 313 steps, which is an epoch, and the queue comes in
// after 15 of 200 epochs.
// Departs: 512 prototypes (the paper: 3000) and a head with 512 hidden units (2048), sizes common for CIFAR-10; one queue for
// both global crops where the code keeps one for each; the length of prototypes is taken out in the loss (nn/prototypes.h).
#include <cmath>
#include <tuple>

#include "kindred/core/error.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/swav.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/branch.h"
#include "kindred/nn/heads.h"
#include "kindred/nn/prototypes.h"
#include "kindred/nn/row_queue.h"

namespace kindred {
namespace {

struct SwavMethodOptions {
  double temperature = 0.1;
  double epsilon = 0.05;
  int64_t iterations = 3;
  int64_t prototypes = 512;
  double freeze_epochs = 1;
  int64_t queue = 0;
  double queue_from = 0.075;
  ProjectionHeadOptions head{.layers = 2, .hidden = 512, .out = 128, .last_batch_norm = false};
};
void visit_fields(FieldList& v, SwavMethodOptions& o) {
  v("temperature", o.temperature, "of the predictions", above(0));
  v("epsilon", o.epsilon, "of the codes; smaller is sharper", above(0));
  v("iterations", o.iterations, "rounds of Sinkhorn-Knopp", at_least(1));
  v("prototypes", o.prototypes, "K, how many there are", at_least(2));
  v("freeze_epochs", o.freeze_epochs, "epochs in which the prototypes are not trained", at_least(0));
  v("queue", o.queue, "rows of earlier batches that take part in Sinkhorn, for batches smaller than K; 0 = none",
    at_least(0));
  v("queue_from", o.queue_from, "share of the run after which the queue takes part, once it is full", between(0, 1));
  v.group("head", o.head);
}

class Swav final : public Method {
 public:
  Swav(const SwavMethodOptions& options, const MethodContext& context)
      : options_(options),
        steps_per_epoch_(context.steps_per_epoch),
        total_steps_(static_cast<double>(context.total_steps)),
        branch_(std::make_shared<Branch>(context.encoder, projection_head(context.encoder->out_dim(), options.head))),
        prototypes_(std::make_shared<Prototypes>(options.head.out, options.prototypes)) {
    register_module("branch", branch_);
    register_module("prototypes", prototypes_);
    if (options.queue > 0)
      queue_ = register_module("queue", std::make_shared<RowQueue>(options.queue, options.head.out));
    steps_ = register_buffer("steps", torch::zeros({}, torch::kLong));
    init_weights(*branch_->head(), context.seed);
    init_weights(*prototypes_, context.seed + 1);
  }

  StepOutput step(const Batch& batch) override {
    const auto z = branch_->forward(batch.views);  // V of [B, D], global crops first
    const auto loss = swav(z, prototypes(), queued(),
                           {.temperature = options_.temperature,
                            .epsilon = options_.epsilon,
                            .iterations = options_.iterations,
                            .code_views = 2});
    const auto z1 = z[0].detach(), z2 = z[1].detach();
    if (queue_) queue_->push(normalized(torch::cat({z1, z2})), torch::cat({batch.ids, batch.ids}));
    return {.loss = loss, .metrics = {{"prototypes_used", used(z1)}}, .z1 = z1, .z2 = z2};
  }

  void after_optimizer_step(int64_t step) override { steps_.fill_(step + 1); }

  std::vector<Landmark> landmarks() const override {
    return {{std::log(static_cast<double>(options_.prototypes)), "ln(K): every prototype is as near as every other"}};
  }
  EncoderPtr encoder() const override { return branch_->encoder(); }

 private:
  // [K, D]; without gradient while they wait.
  torch::Tensor prototypes() const {
    const bool wait = steps_.item<double>() < options_.freeze_epochs * steps_per_epoch_;
    return wait ? prototypes_->weight.detach() : prototypes_->weight;
  }

  // [Q, D], or undefined before it takes part.
  torch::Tensor queued() const {
    const bool begun = queue_ && queue_->full() && steps_.item<double>() >= options_.queue_from * total_steps_;
    return begun ? queue_->rows() : torch::Tensor();
  }

  // How many prototypes are the nearest one of a row.
  double used(const torch::Tensor& rows) const {
    torch::NoGradGuard no_grad;
    return static_cast<double>(std::get<0>(at::_unique(prototypes_->forward(rows).argmax(1))).size(0));
  }

  SwavMethodOptions options_;
  double steps_per_epoch_, total_steps_;
  std::shared_ptr<Branch> branch_;
  std::shared_ptr<Prototypes> prototypes_;
  std::shared_ptr<RowQueue> queue_;  // null where the option is 0
  torch::Tensor steps_;              // done so far
};

MethodPtr make_swav(const SwavMethodOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "swav: expected a batch of at least 2 samples (the codes are shared out over it), got ",
        context.batch);
  return std::make_shared<Swav>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> swav_recipe() { return make_recipe(make_swav); }

}  // namespace kindred
