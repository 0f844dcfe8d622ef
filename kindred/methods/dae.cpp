// SPDX-License-Identifier: Apache-2.0
// Denoising autoencoder: from a corrupted sample the clean one is to be reconstructed. No pairs at all.
//
//   x -> corrupt -> encoder -> h -> decoder -> x'        loss: mean squared error of x' to x
//
// Source: Vincent, Larochelle, Bengio, Manzagol 2008 (ICML, doi:10.1145/1390156.1390294), and Vincent et al. 2010 (JMLR
// 11) for Gaussian noise with the squared error. Departs: the decoder is not tied to the encoder, and the squared error is
// the mean over all numbers of the sample.
#include "kindred/core/error.h"
#include "kindred/losses/mse.h"
#include "kindred/methods/corruption.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/decoder.h"

namespace kindred {
namespace {

struct DaeOptions {
  CorruptionOptions corruption;
  MseOptions loss;
  DecoderOptions decoder;
};
void visit_fields(FieldList& v, DaeOptions& o) {
  v.group("corruption", o.corruption);
  v.group("loss", o.loss);
  v.group("decoder", o.decoder);
}

class Dae final : public Method {
 public:
  Dae(const DaeOptions& options, const MethodContext& context)
      : options_(options),
        seed_(context.seed),
        encoder_(register_module("encoder", context.encoder)),
        decoder_(register_module(
            "decoder", make_decoder(context.encoder->out_dim(), context.input_shape, options.decoder, context.seed))) {}

  StepOutput step(const Batch& batch) override {
    const auto h = encoder_->forward(corrupted(batch, options_.corruption, seed_));  // [B, D]
    const auto loss = mse(decoder_->forward(h).flatten(1), batch.views[0].flatten(1), options_.loss);
    return {.loss = loss, .metrics = {}, .z1 = h.detach(), .z2 = {}};
  }

  std::vector<Landmark> landmarks() const override {
    if (options_.loss.reduction != "elements" || options_.loss.normalize) return {};
    return {{1, "the variance of the data: every reconstruction is the mean"}};
  }
  EncoderPtr encoder() const override { return encoder_; }

 private:
  DaeOptions options_;
  uint64_t seed_;
  EncoderPtr encoder_;
  DecoderPtr decoder_;
};

MethodPtr make_dae(const DaeOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "dae: expected a batch of at least 2 samples (batch norm needs them), got ", context.batch);
  return std::make_shared<Dae>(options, context);
}

}  // namespace

std::unique_ptr<MethodRecipe> dae_recipe() { return make_recipe(make_dae); }

}  // namespace kindred
