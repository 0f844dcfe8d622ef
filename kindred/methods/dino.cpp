// SPDX-License-Identifier: Apache-2.0
// DINO.   all crops    -> encoder  -> head  -> z -> prototypes  -> g ------------- softmax(g / t_s) --.
//         global crops -> encoder' -> head' ------> prototypes' -> g' -> softmax((g' - centre) / t_t) -+-> cross-entropy
//                                        (' = slow copy; centre = running mean of g')
// Source: Caron et al. 2021, arXiv:2104.14294, algorithm 1, equations 1 to 4, and the authors' code
// (https://github.com/facebookresearch/dino): the head has three layers to a bottleneck whose rows are brought to unit length,
// then prototypes of unit length that wait for an epoch; the teacher's temperature rises over the first tenth of the run (30
// of 300 epochs); the momentum rises to 1 along a cosine.
// Departs: 2048 prototypes (the paper: 65536) and 512 hidden units with batch norm (2048 without), for convolutional
// networks and small pictures; ReLU where the paper has GELU; the temperature rises by step, not by epoch; weight decay
// is constant (there it rises from 0.04 to 0.4 along a cosine) and gradients are not clipped (there at norm 3:
// optim.clip_norm=3).
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/losses/dino.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/branch.h"
#include "kindred/nn/ema.h"
#include "kindred/nn/heads.h"
#include "kindred/nn/prototypes.h"
#include "kindred/optim/schedule.h"

namespace kindred {
namespace {

struct DinoMethodOptions {
  double student_temperature = 0.1;
  double teacher_temperature_start = 0.04;
  double teacher_temperature = 0.07;
  double temperature_warmup = 0.1;
  double center_momentum = 0.9;
  int64_t prototypes = 2048;
  double freeze_epochs = 1;
  EmaOptions ema{.momentum = 0.996, .schedule = "cosine"};
  ProjectionHeadOptions head{.layers = 3, .hidden = 512, .out = 256, .last_batch_norm = false};
};
void visit_fields(FieldList& v, DinoMethodOptions& o) {
  v("student_temperature", o.student_temperature, "of the student's outputs", above(0));
  v("teacher_temperature_start", o.teacher_temperature_start, "of the teacher's outputs at the start", above(0));
  v("teacher_temperature", o.teacher_temperature, "of the teacher's outputs after the warm-up; smaller is sharper",
    above(0));
  v("temperature_warmup", o.temperature_warmup, "share of the run over which the teacher's temperature rises",
    between(0, 1));
  v("center_momentum", o.center_momentum, "what the centre keeps of itself in a step; 1 = no centring", between(0, 1));
  v("prototypes", o.prototypes, "K, outputs of the head", at_least(2));
  v("freeze_epochs", o.freeze_epochs, "epochs in which the prototypes are not trained", at_least(0));
  v.group("ema", o.ema);
  v.group("head", o.head);
}

// Encoder, head to the bottleneck, prototypes.
class DinoNetwork : public torch::nn::Module {
 public:
  DinoNetwork(EncoderPtr encoder, const DinoMethodOptions& options)
      : branch(std::make_shared<Branch>(encoder, projection_head(encoder->out_dim(), options.head))),
        prototypes(std::make_shared<Prototypes>(options.head.out, options.prototypes)) {
    register_module("branch", branch);
    register_module("prototypes", prototypes);
  }

  std::shared_ptr<Branch> branch;
  std::shared_ptr<Prototypes> prototypes;
};

class Dino final : public Method {
 public:
  Dino(const DinoMethodOptions& options, const MethodContext& context)
      : options_(options),
        steps_per_epoch_(context.steps_per_epoch),
        total_steps_(context.total_steps),
        student_(std::make_shared<DinoNetwork>(context.encoder, options)),
        teacher_(std::make_shared<DinoNetwork>(context.new_encoder(), options)) {
    register_module("student", student_);
    register_module("teacher", teacher_);
    center_ = register_buffer("center", torch::zeros({options.prototypes}));
    steps_ = register_buffer("steps", torch::zeros({}, torch::kLong));
    init_weights(*student_->branch->head(), context.seed);
    init_weights(*student_->prototypes, context.seed + 1);
    start_teacher(*teacher_, *student_);
  }

  StepOutput step(const Batch& batch) override {
    const auto z = student_->branch->forward(batch.views);  // V of [B, D], global crops first
    std::vector<torch::Tensor> outputs;                     // V of [B, K]
    for (const auto& rows : z) outputs.push_back(student_->prototypes->forward(rows, waiting()));
    const auto targets = teach({batch.views[0], batch.views[1]});  // 2 of [B, K]
    const double temperature = teacher_temperature();
    const auto loss = dino(outputs, targets, center_,
                           {.student_temperature = options_.student_temperature, .teacher_temperature = temperature});
    const double entropy = entropy_of(targets, temperature);
    center_.copy_(dino_center(center_, targets, options_.center_momentum));  // after the loss, as in the authors' code
    return {.loss = loss,
            .metrics = {{"teacher_entropy", entropy}, {"teacher_student_kl", loss.item<double>() - entropy}},
            .z1 = z[0].detach(),
            .z2 = z[1].detach()};
  }

  void after_optimizer_step(int64_t step) override {
    ema_update(*teacher_, *student_, momentum_at(options_.ema, step, total_steps_));
    steps_.fill_(step + 1);
  }

  std::vector<Landmark> landmarks() const override {
    return {
        {std::log(static_cast<double>(options_.prototypes)), "ln(K): the outputs are uniform (sharpen the teacher)"},
        {0, "every sample is given to one prototype (centre the teacher)"}};
  }
  EncoderPtr encoder() const override { return student_->branch->encoder(); }

 private:
  bool waiting() const { return steps_.item<double>() < options_.freeze_epochs * steps_per_epoch_; }

  double teacher_temperature() const {
    const auto over = std::llround(options_.temperature_warmup * static_cast<double>(total_steps_));
    return linear_warmup(options_.teacher_temperature_start, options_.teacher_temperature, steps_.item<int64_t>(),
                         over);
  }

  std::vector<torch::Tensor> teach(const std::vector<torch::Tensor>& crops) {
    torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> out;
    for (const auto& rows : teacher_->branch->forward(crops)) out.push_back(teacher_->prototypes->forward(rows));
    return out;
  }

  // The mean entropy of the teacher's outputs: ln(K) where they are uniform, 0 where each is a single prototype.
  double entropy_of(const std::vector<torch::Tensor>& targets, double temperature) const {
    const auto log_p = ((torch::cat(targets) - center_) / temperature).log_softmax(1);  // [2B, K]
    return -(log_p.exp() * log_p).sum(1).mean().item<double>();
  }

  DinoMethodOptions options_;
  double steps_per_epoch_;
  int64_t total_steps_;
  std::shared_ptr<DinoNetwork> student_, teacher_;
  torch::Tensor center_;  // [K]
  torch::Tensor steps_;   // done so far
};

MethodPtr make_dino(const DinoMethodOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "dino: expected a batch of at least 2 samples (batch norm needs them), got ",
        context.batch);
  return std::make_shared<Dino>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> dino_recipe() { return make_recipe(make_dino); }

}  // namespace kindred
