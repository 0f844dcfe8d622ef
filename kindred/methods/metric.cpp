// SPDX-License-Identifier: Apache-2.0
// Metric learning: any loss that reads labels, with its miner and its distance, over batches of P classes x K samples.
//
//   x -> encoder -> head -> z -> loss.name (loss.miner.kind, loss.distance, ...) with labels -> loss
//
// Source: Hermans, Beyer, Leibe 2017, arXiv:1703.07737 (batch-hard triplets, P x K batches, one linear layer to 128,
// margin 0.2 on the squared distance of unit rows as in FaceNet, arXiv:1503.03832).
// Departs: nothing fixed; proxy losses get trained proxies, [C, D], drawn from N(0, 1/D), at proxies.lr_factor times the
// learning rate (Kim et al. 2020, arXiv:2003.13911: 100).
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/losses/registry.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/heads.h"

namespace kindred {
namespace {

bool reads(const LossRow& row, std::string_view input) { return row.needs.find(input) != std::string_view::npos; }

std::vector<std::string> labelled_losses() {
  std::vector<std::string> names;
  for (const auto& row : loss_rows())
    if (reads(row, "labels")) names.emplace_back(row.name);
  return names;
}

struct MetricOptions {
  std::string loss = "triplet";  // a row of the registry; its own options are in the recipe
  ProjectionHeadOptions head{.layers = 1, .last_batch_norm = false};
  double proxy_lr_factor = 1;
};

class Metric final : public Method {
 public:
  Metric(const MetricOptions& options, std::shared_ptr<const LossRecipe> loss, const MethodContext& context)
      : options_(options),
        loss_(std::move(loss)),
        context_(context),
        encoder_(register_module("encoder", context.encoder)),
        head_(register_module("head", projection_head(context.encoder->out_dim(), options.head))) {
    init_weights(*head_, context.seed);
    if (reads(find_loss(options.loss), "prototypes")) proxies_ = register_parameter("proxies", drawn_proxies());
  }

  StepOutput step(const Batch& batch) override {
    const auto z = head_->forward(encoder_->forward(batch.views[0]));  // [B, D]
    const auto number = static_cast<uint64_t>(batch.epoch) << 32 | static_cast<uint64_t>(batch.index);
    const LossInputs inputs{.views = {z},
                            .labels = batch.labels,
                            .ids = batch.ids,
                            .prototypes = proxies_,
                            .seed = mix64(context_.seed ^ mix64(number))};
    return {.loss = loss_->make(inputs), .metrics = {}, .z1 = z.detach(), .z2 = {}};
  }

  std::vector<ParameterGroup> parameter_groups(const OptimizerOptions& options) const override {
    auto groups = default_groups(*this, options);
    if (!proxies_.defined()) return groups;
    for (auto& group : groups)
      std::erase_if(group.parameters, [](const auto& each) { return each.first == "proxies"; });
    groups.push_back({.name = "proxies",
                      .parameters = {{"proxies", proxies_}},
                      .weight_decay = 0,
                      .lr_factor = options_.proxy_lr_factor});
    return groups;
  }

  // The loss itself says what it gives when all embeddings are the same, for a batch as the sampler makes it.
  std::vector<Landmark> landmarks() const override {
    if (proxies_.defined() || context_.per_class <= 0 || context_.classes < 2) return {};
    const int64_t classes = std::min(context_.batch / context_.per_class, context_.classes);
    const LossInputs alike{.views = {torch::ones({context_.batch, options_.head.out})},
                           .labels = torch::arange(context_.batch).remainder(classes),
                           .ids = torch::arange(context_.batch)};
    return {{loss_->make(alike).item<double>(), options_.loss + " when every embedding is the same"}};
  }
  EncoderPtr encoder() const override { return encoder_; }

 private:
  torch::Tensor drawn_proxies() const {
    auto rows = torch::empty({context_.classes, options_.head.out});  // [C, D]
    CounterRng rng(context_.seed + 1, RngOp::kInit);
    const double deviation = 1 / std::sqrt(static_cast<double>(options_.head.out));
    for (int64_t i = 0; i < rows.numel(); ++i) rows.data_ptr<float>()[i] = static_cast<float>(deviation * rng.normal());
    return rows;
  }

  MetricOptions options_;
  std::shared_ptr<const LossRecipe> loss_;
  MethodContext context_;
  EncoderPtr encoder_;
  torch::nn::Sequential head_;
  torch::Tensor proxies_;  // [C, D], undefined where the loss has none
};

// Its fields: its own, and those of the loss that loss.name picks.
class MetricRecipe final : public MethodRecipe {
 public:
  std::vector<Field> fields() override {
    if (made_for_ != options_.loss) {
      loss_ = find_loss(options_.loss).recipe();
      made_for_ = options_.loss;
    }
    FieldList list;
    list("loss.name", options_.loss, "the loss; its own options are loss.*", labelled_losses());
    list.append("loss", loss_->fields());
    list.group("head", options_.head);
    list("proxies.lr_factor", options_.proxy_lr_factor, "learning rate of the proxies, times that of the rest",
         above(0));
    return list.take();
  }

  MethodPtr make(const MethodContext& context) const override {
    check(made_for_ == options_.loss && loss_ != nullptr, "metric: expected fields() after loss.name was set");
    check(context.batch >= 2, "metric: expected a batch of at least 2 samples, got ", context.batch);
    check(context.classes >= 2, "metric: expected samples of at least 2 classes, got ", context.classes);
    return std::make_shared<Metric>(options_, loss_, context);
  }

 private:
  MetricOptions options_;
  std::string made_for_;
  std::shared_ptr<LossRecipe> loss_;
};

}  // namespace

std::unique_ptr<MethodRecipe> metric_recipe() { return std::make_unique<MetricRecipe>(); }

}  // namespace kindred
