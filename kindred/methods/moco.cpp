// SPDX-License-Identifier: Apache-2.0
// MoCo v1 and v2.   x_q -> encoder  -> head  -> q --.
//                   x_k -> encoder' -> head' -> k --+-> InfoNCE against the queue -> loss;  k -> queue      (' = slow copy)
// Source: He, Fan, Wu, Xie, Girshick 2020, arXiv:1911.05722, algorithm 1 (v1: a linear head, temperature 0.07); Chen, Fan,
// Girshick, He 2020, arXiv:2003.04297 (v2: a head of two layers, 0.2). Symmetric form: the authors' CIFAR-10 notebook of the
// repository https://github.com/facebookresearch/moco.
// Departs: one process, so that batch norm is shuffled across parts of the batch (key_groups) where the authors have one
// part for each device; rows of the queue that are of the query's own sample are no negatives (a queue may outlast an
// epoch); 4096 rows and momentum 0.99, the notebook's values for CIFAR-10, by default (ImageNet: 65536 and 0.999), but version
// 2's temperature and head (the notebook: 0.1, a linear head, queries with split batch norm too); the symmetric loss is
// the mean of the two directions (the notebook: the sum).
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/losses/info_nce.h"
#include "kindred/losses/rows.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/branch.h"
#include "kindred/nn/ema.h"
#include "kindred/nn/heads.h"
#include "kindred/nn/row_queue.h"
#include "kindred/optim/schedule.h"

namespace kindred {
namespace {

struct MocoOptions {
  double temperature = 0.2;
  int64_t queue = 4096;  // K
  int64_t key_groups = 4;
  bool symmetric = false;
  EmaOptions ema{.momentum = 0.99, .schedule = "constant"};
  ProjectionHeadOptions head{.layers = 2, .out = 128, .batch_norm = false, .last_batch_norm = false};
};
void visit_fields(FieldList& v, MocoOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("queue", o.queue, "keys of earlier batches that are the negatives", at_least(1));
  v("key_groups", o.key_groups, "parts of the shuffled batch with batch statistics of their own, for the keys",
    at_least(1));
  v("symmetric", o.symmetric, "both views are queries in turn; the loss is the mean of the two");
  v.group("ema", o.ema);
  v.group("head", o.head);
}

MocoOptions moco_v1_options() {
  return {.temperature = 0.07, .head = {.layers = 1, .out = 128, .batch_norm = false, .last_batch_norm = false}};
}

class Moco final : public Method {
 public:
  Moco(const MocoOptions& options, const MethodContext& context)
      : options_(options),
        seed_(mix64(context.seed + 2)),
        total_steps_(context.total_steps),
        student_(std::make_shared<Branch>(context.encoder, head(context))),
        teacher_(std::make_shared<Branch>(context.new_encoder(), head(context))),
        queue_(std::make_shared<RowQueue>(options.queue, options.head.out)) {
    register_module("student", student_);
    register_module("teacher", teacher_);
    register_module("queue", queue_);
    steps_ = register_buffer("steps", torch::zeros({}, torch::kLong));
    init_weights(*student_->head(), context.seed);
    start_teacher(*teacher_, *student_);
    queue_->fill_randomly(context.seed + 1);
    directions_ = {{0, 1}};
    if (options.symmetric) directions_.push_back({1, 0});
  }

  StepOutput step(const Batch& batch) override {
    StepOutput out;
    std::vector<torch::Tensor> keys;
    for (const auto& [from, to] : directions_) {
      const auto q = student_->forward(batch.views[from]);  // [B, D]
      keys.push_back(key(batch.views[to], to));             // [B, D]
      const auto loss = info_nce(
          {.query = q, .key = keys.back(), .queue = queue_->rows(), .ids = batch.ids, .queue_ids = queue_->ids()},
          {.temperature = options_.temperature});
      out.loss = out.loss.defined() ? 0.5 * (out.loss + loss) : loss;
      out.z1 = q.detach(), out.z2 = keys.back();
    }
    for (const auto& k : keys) queue_->push(k, batch.ids);  // after the losses: no query meets its own key twice
    return out;
  }

  void after_optimizer_step(int64_t step) override {
    ema_update(*teacher_, *student_, momentum_at(options_.ema, step, total_steps_));
    steps_.fill_(step + 1);
  }

  std::vector<Landmark> landmarks() const override {
    return {
        {std::log(static_cast<double>(options_.queue + 1)), "ln(K + 1): the key is as near as every row of the queue"}};
  }
  EncoderPtr encoder() const override { return student_->encoder(); }

 private:
  torch::nn::Sequential head(const MethodContext& context) const {
    return projection_head(context.encoder->out_dim(), options_.head);
  }

  // Unit rows without gradient, [B, D].
  torch::Tensor key(const torch::Tensor& x, size_t view) {
    torch::NoGradGuard no_grad;
    const auto shuffle = seed_ + 2 * static_cast<uint64_t>(steps_.item<int64_t>()) + view;
    return normalized(forward_in_groups(*teacher_, x, options_.key_groups, shuffle));
  }

  MocoOptions options_;
  uint64_t seed_;
  int64_t total_steps_;
  std::shared_ptr<Branch> student_, teacher_;
  std::shared_ptr<RowQueue> queue_;
  torch::Tensor steps_;                                // done so far; names the shuffles
  std::vector<std::pair<size_t, size_t>> directions_;  // views of query and key
};

MethodPtr make_moco(const MocoOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "moco: expected a batch of at least 2 samples (batch norm needs them), got ",
        context.batch);
  return std::make_shared<Moco>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> moco_recipe() { return make_recipe(make_moco); }
std::unique_ptr<MethodRecipe> moco_v1_recipe() { return make_recipe(make_moco, moco_v1_options()); }

}  // namespace kindred
