// SPDX-License-Identifier: Apache-2.0
// MoCHi.   x_q -> encoder  -> head  -> q --.     .-- mixtures of the queue's hardest rows, and of these with q
//          x_k -> encoder' -> head' -> k --+-----+-> InfoNCE against queue and mixtures -> loss;  k -> queue
// Source: Kalantidis, Sariyildiz, Pion, Weinzaepfel, Larlus 2020, arXiv:2010.01028, on top of MoCo v2 (moco.cpp).
// Departs as moco.cpp does; the queue of 4096 rows is a quarter of the paper's for ImageNet-100, and so are `hardest` (256 of
// 1024), `mixed` (256 of 1024) and `mixed_query` (32 of 128). No mixing in the first 5 % of the run (the paper: 10 of 200
// epochs).
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/losses/info_nce.h"
#include "kindred/losses/mochi.h"
#include "kindred/losses/rows.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/branch.h"
#include "kindred/nn/ema.h"
#include "kindred/nn/heads.h"
#include "kindred/nn/row_queue.h"
#include "kindred/optim/schedule.h"

namespace kindred {
namespace {

struct MochiMethodOptions {
  MochiOptions loss{.temperature = 0.2, .hardest = 256, .mixed = 256, .mixed_query = 32};
  double warmup = 0.05;
  int64_t queue = 4096;  // K
  int64_t key_groups = 4;
  bool symmetric = false;
  EmaOptions ema{.momentum = 0.99, .schedule = "constant"};
  ProjectionHeadOptions head{.layers = 2, .out = 128, .batch_norm = false, .last_batch_norm = false};
};
void visit_fields(FieldList& v, MochiMethodOptions& o) {
  v.group("loss", o.loss);
  v("warmup", o.warmup, "share of the run, at its start, without mixtures", between(0, 1));
  v("queue", o.queue, "keys of earlier batches that are the negatives", at_least(1));
  v("key_groups", o.key_groups, "parts of the shuffled batch with batch statistics of their own, for the keys",
    at_least(1));
  v("symmetric", o.symmetric, "both views are queries in turn; the loss is the mean of the two");
  v.group("ema", o.ema);
  v.group("head", o.head);
}

class MochiMethod final : public Method {
 public:
  MochiMethod(const MochiMethodOptions& options, const MethodContext& context)
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
      keys.push_back(key(batch.views[to], stream(to)));     // [B, D]
      const auto loss =
          mochi({.query = q, .key = keys.back(), .queue = queue_->rows(), .ids = batch.ids, .queue_ids = queue_->ids()},
                stream(to), mixing());
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
    const auto terms = static_cast<double>(1 + options_.queue + options_.loss.mixed + options_.loss.mixed_query);
    return {{std::log(terms), "ln(1 + K + mixtures): the key is as near as every row of the queue"}};
  }
  EncoderPtr encoder() const override { return student_->encoder(); }

 private:
  torch::nn::Sequential head(const MethodContext& context) const {
    return projection_head(context.encoder->out_dim(), options_.head);
  }

  // Unit rows without gradient, [B, D].
  torch::Tensor key(const torch::Tensor& x, uint64_t shuffle) {
    torch::NoGradGuard no_grad;
    return normalized(forward_in_groups(*teacher_, x, options_.key_groups, shuffle));
  }

  // The loss of this step: without mixtures while it is one of the first.
  MochiOptions mixing() const {
    MochiOptions loss = options_.loss;
    if (steps_.item<double>() < options_.warmup * static_cast<double>(total_steps_)) loss.mixed = loss.mixed_query = 0;
    return loss;
  }

  // Names what this step draws for the keys of a view: a run that is resumed draws the same.
  uint64_t stream(size_t view) const {
    return (view == 1 ? seed_ : mix64(seed_)) + static_cast<uint64_t>(steps_.item<int64_t>());
  }

  MochiMethodOptions options_;
  uint64_t seed_;
  int64_t total_steps_;
  std::shared_ptr<Branch> student_, teacher_;
  std::shared_ptr<RowQueue> queue_;
  torch::Tensor steps_;                                // done so far
  std::vector<std::pair<size_t, size_t>> directions_;  // views of query and key
};

MethodPtr make_mochi(const MochiMethodOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "mochi: expected a batch of at least 2 samples (batch norm needs them), got ",
        context.batch);
  return std::make_shared<MochiMethod>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> mochi_recipe() { return make_recipe(make_mochi); }

}  // namespace kindred
