// SPDX-License-Identifier: Apache-2.0
// Instance discrimination.   x -> encoder -> head -> f --.
//                            bank, a row v for each sample --+-> softmax or NCE -> loss (+ weight |f - v_i|^2)
//                                                                v_i <- unit(t v_i + (1 - t) f)
// Source: Wu, Xiong, Yu, Lin 2018, arXiv:1805.01978, equations 2 to 9, and the authors' code
// (https://github.com/zhirongw/lemniscate.pytorch). On CIFAR-10 they take the softmax over the whole bank at temperature 0.1
// (its --nce-k 0), the default here; on ImageNet noise-contrastive estimation with 4096 rows at 0.07, whose Z is estimated on
// the first batch and kept.
// Departs: rows of the bank are found by position in the data set; a query's own row is never noise (there it is drawn
// with probability m / n), nor is a row of the same sample where the data have it several times; the proximal term
// (paper: weight 30) is off as in the authors' code, and leaves out rows of the bank that nothing has been written to;
// z_momentum below 1 lets Z follow the bank (see docs/methods/inst_disc.md).
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

constexpr double kNever = -1e4;  // a logit whose exponential is 0: of rows that are the same sample

struct InstDiscOptions {
  double temperature = 0.1;
  int64_t negatives = 0;  // m
  double momentum = 0.5;  // t
  double proximal = 0;
  double z_momentum = 1;
  ProjectionHeadOptions head{.layers = 1, .out = 128, .last_batch_norm = false};
};
void visit_fields(FieldList& v, InstDiscOptions& o) {
  v("temperature", o.temperature, "temperature of the exponentials", above(0));
  v("negatives", o.negatives, "rows of the bank drawn for each query, for NCE; 0 = the softmax over all rows",
    at_least(0));
  v("momentum", o.momentum, "what a row of the bank keeps of itself when its sample is seen", between(0, 1));
  v("proximal", o.proximal, "weight of the squared distance to the own row of the bank (the paper: 30)", at_least(0));
  v("z_momentum", o.z_momentum,
    "NCE: what Z keeps of itself at each batch; 1 = the estimate of the first batch, as published", between(0, 1));
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
    const auto loss = options_.negatives > 0 ? noise_contrast(f, batch) : softmax(f, batch);
    const auto proximal = mean_where((f - bank_->at(batch.positions)).square().sum(1), bank_->seen(batch.positions));
    bank_->update(batch.positions, batch.ids, f, options_.momentum);
    return {.loss = loss + options_.proximal * proximal,
            .metrics = {{"proximal", proximal.item<double>()}, {"log_z", log_z_.item<double>()}},
            .z1 = f.detach(),
            .z2 = {}};
  }

  void after_optimizer_step(int64_t step) override { steps_.fill_(step + 1); }

  std::vector<Landmark> landmarks() const override {
    const auto n = static_cast<double>(bank_->samples()), m = static_cast<double>(options_.negatives);
    if (m == 0) return {{std::log(n), "ln(n): all samples are equally likely"}};
    // P = 1/n for every row, so that h = 1/(1 + m).
    return {{std::log1p(m) + m * std::log1p(1 / m), "ln(1 + m) + m ln(1 + 1/m): all samples are equally likely"}};
  }
  EncoderPtr encoder() const override { return branch_->encoder(); }

 private:
  // -ln of the probability of the own row among all, equation 2.
  torch::Tensor softmax(const torch::Tensor& f, const Batch& batch) const {
    const auto logits = torch::matmul(f, normalized(bank_->rows()).t()) / options_.temperature;  // [B, n]
    const auto own = logits.gather(1, batch.positions.unsqueeze(1)).squeeze(1);                  // [B]
    const auto copies = bank_->copies(batch.positions, batch.ids);                               // [B, n]
    return (logits.masked_fill(copies, kNever).logsumexp(1) - own).mean();
  }

  // The own row against m drawn ones, equation 7.
  torch::Tensor noise_contrast(const torch::Tensor& f, const Batch& batch) {
    const NceMemoryBankOptions drawing{
        .temperature = options_.temperature, .negatives = options_.negatives, .draw_own = false};
    const auto places = nce_bank_places(batch.positions, bank_->samples(), stream(), drawing);  // [B, 1 + m], own first
    const auto logits = nce_bank_logits(f, bank_->rows(), batch.positions, stream(), drawing)
                            .masked_fill(bank_->copies(batch.positions, batch.ids, places), kNever);
    return nce_from_log_probabilities(logits - log_z(logits), bank_->samples());
  }

  // ln Z: of the first batch, and kept; or a running mean of Z.
  double log_z(const torch::Tensor& logits) {
    const double kept = has_z_.item<bool>() ? options_.z_momentum : 0;
    if (kept == 1) return log_z_.item<double>();
    const double here = nce_log_z(logits, bank_->samples()), before = log_z_.item<double>();
    log_z_.fill_(kept == 0 ? here : before + std::log(kept + (1 - kept) * std::exp(here - before)));
    has_z_.fill_(true);
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
