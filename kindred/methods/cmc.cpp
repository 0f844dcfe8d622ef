// SPDX-License-Identifier: Apache-2.0
// CMC, contrastive multiview coding: what one sense says of a sample should agree with what another says of it.
//
//   picture -> one crop, one flip -> L  -> encoder 1 -> head 1 -> z1 \.
//                                   ab -> encoder 2 -> head 2 -> z2  > two-way InfoNCE over pairs of views -> loss
//
// Source: Tian, Krishnan, Isola 2019, arXiv:1906.05849 section 3: L against ab of CIE Lab, t = 0.07, heads of one linear
// layer to 128; more views (views.channels = L_a_b) by loss.graph = full or core. The representation is the encoders'
// outputs side by side. All views are channels of the same pixels: the crop carries no information from one to the other.
// Departs: negatives are the B - 1 other samples of the batch and the loss is the softmax form; the paper takes 16384 from
// a memory bank. Vectors are cut into stretches of features. Each encoder is half as wide where it has a width.
#include "kindred/losses/cmc.h"

#include <cmath>

#include "kindred/core/error.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/heads.h"
#include "kindred/nn/split_encoder.h"

namespace kindred {
namespace {

struct CmcMethodOptions {
  CmcOptions loss;
  ProjectionHeadOptions head{.layers = 1, .last_batch_norm = false};
};
void visit_fields(FieldList& v, CmcMethodOptions& o) {
  v.group("loss", o.loss);
  v.group("head", o.head);
}

class Cmc final : public Method {
 public:
  Cmc(const CmcMethodOptions& options, const MethodContext& context, const std::shared_ptr<SplitEncoder>& encoder)
      : loss_(options.loss), batch_(context.batch), encoder_(register_module("encoder", encoder)) {
    for (const auto& part : encoder->encoders()) {
      const auto number = heads_.size() + 1;
      heads_.push_back(
          register_module("head" + std::to_string(number), projection_head(part->out_dim(), options.head)));
      init_weights(*heads_.back(), context.seed + number - 1);
    }
  }

  StepOutput step(const Batch& batch) override {
    const auto h = encoder_->forward_parts(batch.views[0]);  // of each part [B, D_i]
    std::vector<at::Tensor> z;
    for (size_t i = 0; i < h.size(); ++i) z.push_back(heads_[i]->forward(h[i]));  // [B, D]
    return {.loss = cmc(z, batch.ids, loss_), .metrics = {}, .z1 = z[0].detach(), .z2 = z[1].detach()};
  }

  std::vector<Landmark> landmarks() const override {
    const auto views = static_cast<double>(heads_.size());
    const double pairs = loss_.graph == "full" ? views * (views - 1) / 2 : views - 1;
    return {{2 * pairs * std::log(static_cast<double>(batch_)),
             "2 ln B for each pair of views: every embedding is as near as every other"}};
  }
  EncoderPtr encoder() const override { return encoder_; }

 private:
  CmcOptions loss_;
  int64_t batch_;
  std::shared_ptr<SplitEncoder> encoder_;
  std::vector<torch::nn::Sequential> heads_;
};

MethodPtr make_cmc(const CmcMethodOptions& options, const MethodContext& context) {
  const auto split = std::dynamic_pointer_cast<SplitEncoder>(context.encoder);
  const size_t parts = split ? split->encoders().size() : 1;
  check(parts >= 2, "cmc: expected channels split for at least 2 encoders (views.channels = L_ab or L_a_b), got ",
        parts);
  check(context.batch >= 2, "cmc: expected a batch of at least 2 samples (the others are the negatives), got ",
        context.batch);
  check(options.loss.core < static_cast<int64_t>(parts), "cmc: expected loss.core below the number of views, ", parts,
        ", got ", options.loss.core);
  return std::make_shared<Cmc>(options, context, split);
}

}  // namespace

std::unique_ptr<MethodRecipe> cmc_recipe() { return make_recipe(make_cmc); }

}  // namespace kindred
