// SPDX-License-Identifier: Apache-2.0
// Masked reconstruction: most patches of the picture are hidden, and the picture is reconstructed from the rest.
//
//   x -> hide 75 % of the patches -> encoder -> h -> decoder -> x'     loss: squared error, hidden patches only
//
// Source: He, Chen, Xie, Li, Dollar, Girshick 2022, MAE, arXiv:2111.06377 section 3: share 0.75, loss on hidden patches.
// Departs: targets are the pixels, not patches brought to mean 0 and variance 1 (the paper's better variant:
// loss.norm_pix=true); works with every encoder, convolutions included. The encoder sees the whole picture with hidden
// patches set to the mean colour, and the decoder has one vector per picture to work from where MAE's has one per visible
// patch; patches of 4 x 4 on small pictures (MAE: 16 x 16 of 224 x 224). In a vector a patch is `patch` features in a
// row.
#include "kindred/losses/masked_reconstruction.h"

#include "kindred/core/error.h"
#include "kindred/methods/corruption.h"
#include "kindred/methods/registry.h"
#include "kindred/nn/decoder.h"

namespace kindred {
namespace {

struct MaskedOptions {
  int64_t patch = 0;
  double share = 0.75;
  MaskedReconstructionOptions loss;
  DecoderOptions decoder;
};
void visit_fields(FieldList& v, MaskedOptions& o) {
  v("patch", o.patch, "side of a patch in pixels (features in a row for vectors); 0 = 4 pixels, 1 feature",
    at_least(0));
  v("share", o.share, "share of the patches that is hidden", Range{.low = 0, .high = 1, .low_open = true});
  v.group("loss", o.loss);
  v.group("decoder", o.decoder);
}

// A sample as rows of patches and back.
class PatchGrid {
 public:
  PatchGrid(const InputShape& shape, int64_t patch) : shape_(shape), patch_(patch) {
    for (size_t i = shape.size() == 3 ? 1 : 0; i < shape.size(); ++i)
      check(shape[i] % patch == 0, "masked: expected patch to divide ", shape[i], ", the size of the input, got ",
            patch);
  }
  int64_t count() const { return is_image() ? shape_[1] / patch_ * (shape_[2] / patch_) : shape_[0] / patch_; }

  // [B, C, H, W] -> [B, count, patch patch C]; [B, F] -> [B, count, patch].
  torch::Tensor cut(const torch::Tensor& x) const {
    if (!is_image()) return x.view({x.size(0), count(), patch_});
    return x.reshape({x.size(0), shape_[0], shape_[1] / patch_, patch_, shape_[2] / patch_, patch_})
        .permute({0, 2, 4, 3, 5, 1})
        .reshape({x.size(0), count(), patch_ * patch_ * shape_[0]});
  }
  // x with the numbers of the patches where mask [B, count] is true set to 0, the mean.
  torch::Tensor hide(const torch::Tensor& x, const torch::Tensor& mask) const {
    if (!is_image()) return x.masked_fill(mask.repeat_interleave(patch_, 1), 0);
    const auto pixels = mask.view({x.size(0), 1, shape_[1] / patch_, shape_[2] / patch_})
                            .repeat_interleave(patch_, 2)
                            .repeat_interleave(patch_, 3);  // [B, 1, H, W]
    return x.masked_fill(pixels, 0);
  }

 private:
  bool is_image() const { return shape_.size() == 3; }
  InputShape shape_;
  int64_t patch_;
};

class Masked final : public Method {
 public:
  Masked(const MaskedOptions& options, const MethodContext& context, int64_t patch)
      : options_(options),
        seed_(context.seed),
        grid_(context.input_shape, patch),
        encoder_(register_module("encoder", context.encoder)),
        decoder_(register_module(
            "decoder", make_decoder(context.encoder->out_dim(), context.input_shape, options.decoder, context.seed))) {}

  StepOutput step(const Batch& batch) override {
    const auto& x = batch.views[0];
    const auto mask = random_patches(batch, grid_.count(), options_.share, seed_);  // [B, patches]
    const auto h = encoder_->forward(grid_.hide(x, mask));                          // [B, D]
    const auto loss = masked_reconstruction(grid_.cut(decoder_->forward(h)), grid_.cut(x), mask, options_.loss);
    return {.loss = loss, .metrics = {}, .z1 = h.detach(), .z2 = {}};
  }

  std::vector<Landmark> landmarks() const override {
    if (options_.loss.error != "l2") return {};
    return {{1, "the variance of the data: every reconstruction is the mean"}};
  }
  EncoderPtr encoder() const override { return encoder_; }

 private:
  MaskedOptions options_;
  uint64_t seed_;
  PatchGrid grid_;
  EncoderPtr encoder_;
  DecoderPtr decoder_;
};

MethodPtr make_masked(const MaskedOptions& options, const MethodContext& context) {
  check(context.batch >= 2, "masked: expected a batch of at least 2 samples (batch norm needs them), got ",
        context.batch);
  const int64_t usual = context.input_shape.size() == 3 ? 4 : 1;
  return std::make_shared<Masked>(options, context, options.patch == 0 ? usual : options.patch);
}

}  // namespace

std::unique_ptr<MethodRecipe> masked_recipe() { return make_recipe(make_masked); }

}  // namespace kindred
