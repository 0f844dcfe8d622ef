// SPDX-License-Identifier: Apache-2.0
// Metric learning: any loss that reads labels, with its miner and its distance, over batches of P classes x K samples.
//
//   x -> encoder -> head -> z -> loss.name (loss.miner.kind, loss.distance, ...) with labels -> loss
//                           z -> memory, the last rows with their labels: what z is held against besides itself
//
// Source: Hermans, Beyer, Leibe 2017, arXiv:1703.07737 (batch-hard triplets, P x K batches, one linear layer to 128,
// margin 0.2 on the squared distance of unit rows as in FaceNet, arXiv:1503.03832); Wang, Zhang, Huang, Scott 2020,
// arXiv:1912.06798, algorithm 1 (the memory, off by default).
// Departs: nothing fixed; proxy losses get trained proxies, [C, D], drawn from N(0, 1/D), at proxies.lr_factor times the
// learning rate (Kim et al. 2020, arXiv:2003.13911: 100). The memory's pairs and the batch's are terms of one loss, where the
// authors' code adds a second loss against the memory alone, the batch in it; and a sample's older rows are left out.
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/losses/registry.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/heads.h"
#include "kindred/nn/row_queue.h"

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
  int64_t memory = 0;
  int64_t memory_start = 0;
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
    if (options.memory > 0) {
      memory_ = register_module("memory", std::make_shared<RowQueue>(options.memory, options.head.out));
      steps_ = register_buffer("steps", torch::zeros({}, torch::kLong));
    }
  }

  StepOutput step(const Batch& batch) override {
    const auto z = head_->forward(encoder_->forward(batch.views[0]));  // [B, D]
    const auto number = static_cast<uint64_t>(batch.epoch) << 32 | static_cast<uint64_t>(batch.index);
    const LossInputs inputs{.views = {z},
                            .labels = batch.labels,
                            .ids = batch.ids,
                            .prototypes = proxies_,
                            .references = remembered(),
                            .seed = mix64(context_.seed ^ mix64(number))};
    StepOutput out{.loss = loss_->make(inputs), .metrics = {}, .z1 = z.detach(), .z2 = {}};
    if (memory_ == nullptr) return out;
    if (steps_.item<int64_t>() >= options_.memory_start) memory_->push(z, batch.ids, batch.labels);
    out.metrics = {{"memory", static_cast<double>(memory_->fill())}};
    return out;
  }

  void after_optimizer_step(int64_t step) override {
    if (memory_ != nullptr) steps_.fill_(step + 1);
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
    const auto ones = [&](int64_t rows) { return torch::ones({rows, options_.head.out}); };
    LossInputs alike{.views = {ones(context_.batch)},
                     .labels = torch::arange(context_.batch).remainder(classes),
                     .ids = torch::arange(context_.batch)};
    if (memory_ != nullptr)
      alike.references = {ones(options_.memory), torch::arange(options_.memory).remainder(context_.classes), {}};
    return {{loss_->make(alike).item<double>(),
             options_.loss + " when every embedding is the same" + (memory_ != nullptr ? ", the memory full" : "")}};
  }
  EncoderPtr encoder() const override { return encoder_; }

 private:
  // Views of the memory, [fill, D] and [fill] twice; nothing where it is empty.
  References remembered() const {
    if (memory_ == nullptr || memory_->fill() == 0) return {};
    return {.rows = memory_->rows(), .labels = memory_->labels(), .ids = memory_->ids()};
  }

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
  torch::Tensor proxies_;             // [C, D], undefined where the loss has none
  std::shared_ptr<RowQueue> memory_;  // null where the option is 0
  torch::Tensor steps_;               // done so far, with a memory
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
    list("memory", options_.memory,
         "rows of earlier batches, with their labels, that the batch is held against besides itself; 0 = none",
         at_least(0));
    list("memory_start", options_.memory_start, "steps before rows go into the memory (the authors: 1000)",
         at_least(0));
    return list.take();
  }

  MethodPtr make(const MethodContext& context) const override {
    check(made_for_ == options_.loss && loss_ != nullptr, "metric: expected fields() after loss.name was set");
    check(context.batch >= 2, "metric: expected a batch of at least 2 samples, got ", context.batch);
    check(options_.memory == 0 || reads(find_loss(options_.loss), "scores"),
          "metric: expected memory = 0 with a loss that compares no pairs of samples (", options_.loss, "), got ",
          options_.memory);
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
