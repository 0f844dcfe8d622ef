// SPDX-License-Identifier: Apache-2.0
// Instance discrimination.   x -> encoder -> head -> f --.
//                            bank: own row v_i, m others --+-> NCE -> loss (+ weight |f - v_i|^2);  v_i <- unit(t v_i + (1-t) f)
// Source: Wu, Xiong, Yu, Lin 2018, arXiv:1805.01978, equations 4 to 9, and the authors' code
// (https://github.com/zhirongw/lemniscate.pytorch): Z is estimated on the first batch and kept; momentum 0.5.
// Departs: rows of the bank are found by position in the data set; a query's own row is never drawn as noise (there it is,
// with probability m / n); the proximal term (paper: weight 30) is off as in the authors' code, and leaves out rows of the
// bank that nothing has been written to.
#include <cmath>
#include <limits>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/losses/nce_memory_bank.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/branch.h"
#include "kindred/nn/heads.h"
#include "kindred/nn/instance_bank.h"

namespace kindred {
namespace {

struct InstDiscOptions {
  double temperature = 0.07;
  int64_t negatives = 4096;  // m
  double momentum = 0.5;     // t
  double proximal = 0;
  ProjectionHeadOptions head{.layers = 1, .out = 128, .last_batch_norm = false};
};
void visit_fields(FieldList& v, InstDiscOptions& o) {
  v("temperature", o.temperature, "temperature of the exponentials", above(0));
  v("negatives", o.negatives, "rows of the bank drawn for each query, with replacement", at_least(1));
  v("momentum", o.momentum, "what a row of the bank keeps of itself when its sample is seen", between(0, 1));
  v("proximal", o.proximal, "weight of the squared distance to the own row of the bank (the paper: 30)", at_least(0));
  v.group("head", o.head);
}

class InstDisc final : public Method {
 public:
  InstDisc(const InstDiscOptions& options, const MethodContext& context)
      : options_(options),
        seed_(mix64(context.seed + 2)),
        branch_(std::make_shared<Branch>(context.encoder, projection_head(context.encoder->out_dim(), options.head))),
        bank_(std::make_shared<InstanceBank>(context.dataset_size, options.head.out, context.seed + 1)) {
    register_module("branch", branch_);
    register_module("bank", bank_);
    log_z_ = register_buffer("log_z", torch::zeros({}, torch::kDouble));
    has_z_ = register_buffer("has_z", torch::zeros({}, torch::kBool));
    steps_ = register_buffer("steps", torch::zeros({}, torch::kLong));
    init_weights(*branch_->head(), context.seed);
  }

  StepOutput step(const Batch& batch) override {
    const auto f = normalized(branch_->forward(batch.views[0]));  // [B, D]
    const auto logits = nce_bank_logits(f, bank_->rows(), batch.positions, stream(),
                                        {.temperature = options_.temperature,
                                         .negatives = options_.negatives,
                                         .draw_own = false});  // [B, 1 + m], the own row first
    const auto loss = nce_from_log_probabilities(logits - log_z(logits), bank_->samples());
    const auto proximal = mean_where((f - bank_->at(batch.positions)).square().sum(1), bank_->seen(batch.positions));
    bank_->update(batch.positions, f, options_.momentum);
    return {.loss = loss + options_.proximal * proximal,
            .metrics = {{"proximal", proximal.item<double>()}, {"log_z", log_z_.item<double>()}},
            .z1 = f.detach(),
            .z2 = {}};
  }

  void after_optimizer_step(int64_t step) override { steps_.fill_(step + 1); }

  // P = 1/n for every row, so that h = 1/(1 + m).
  std::vector<Landmark> landmarks() const override {
    const auto n = static_cast<double>(bank_->samples()), m = static_cast<double>(options_.negatives);
    return {{std::log1p(m) + m * std::log1p(1 / m), concat("ln(1 + m) + m ln(1 + 1/m): all of the ", n,
                                                           " samples are equally likely")}};
  }
  EncoderPtr encoder() const override { return branch_->encoder(); }

 private:
  // ln Z, from the first batch and kept.
  double log_z(const torch::Tensor& logits) {
    if (!has_z_.item<bool>()) {
      log_z_.fill_(nce_log_z(logits, bank_->samples()));
      has_z_.fill_(true);
    }
    return log_z_.item<double>();
  }

  // Names what this step draws: a run that is resumed draws the same.
  uint64_t stream() const { return seed_ + static_cast<uint64_t>(steps_.item<int64_t>()); }

  InstDiscOptions options_;
  uint64_t seed_;
  std::shared_ptr<Branch> branch_;
  std::shared_ptr<InstanceBank> bank_;
  torch::Tensor log_z_, has_z_;  // scalars
  torch::Tensor steps_;          // done so far
};

MethodPtr make_inst_disc(const InstDiscOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "inst_disc: expected a batch of at least 2 samples (batch norm needs them), got ",
        context.batch);
  check(context.dataset_size >= 2, "inst_disc: expected a data set of at least 2 samples, got ", context.dataset_size);
  return std::make_shared<InstDisc>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> inst_disc_recipe() { return make_recipe(make_inst_disc); }

}  // namespace kindred
