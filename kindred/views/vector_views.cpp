// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "kindred/core/error.h"
#include "kindred/data/image_fit.h"
#include "kindred/views/image_views.h"
#include "kindred/views/view_streams.h"

namespace kindred {
namespace {

class VectorViews final : public Views {
 public:
  VectorViews(const VectorViewOptions& options, Preprocess preprocess)
      : options_(options), preprocess_(std::move(preprocess)) {}
  int64_t count() const override { return options_.count; }
  std::vector<int64_t> shape(int64_t) const override { return input_shape(preprocess_); }

  void make(const Sample& sample, uint64_t seed, uint32_t epoch, int64_t view, float* out,
            ViewScratch& scratch) const override {
    prepare(sample, preprocess_, out, scratch.preprocess);
    const ViewStreams streams{seed, epoch, sample.id, static_cast<uint16_t>(view)};
    if (options_.noise > 0) {
      CounterRng rng = streams(ViewOp::kVectorNoise);
      for (int64_t f = 0; f < preprocess_.features; ++f) out[f] += static_cast<float>(options_.noise * rng.normal());
    }
    if (options_.mask > 0) {
      CounterRng rng = streams(ViewOp::kVectorMask);
      for (int64_t f = 0; f < preprocess_.features; ++f)
        if (rng.chance(options_.mask)) out[f] = 0;  // the mean, once it is subtracted
    }
  }

 private:
  VectorViewOptions options_;
  Preprocess preprocess_;
};

}  // namespace

void visit_fields(FieldList& v, VectorViewOptions& o) {
  v("count", o.count, "views of each sample", between(1, 1000));
  v("noise", o.noise, "standard deviation of the added Gaussian noise, in units of the feature's", at_least(0));
  v("mask", o.mask, "probability that a feature is set to its mean", between(0, 1));
}

ViewsPtr vector_views(const VectorViewOptions& options, const Preprocess& preprocess) {
  VectorViewOptions copy = options;
  check_fields(fields_of(copy), "vector_views");
  check_preprocess(preprocess, "vector_views");
  check(preprocess.modality == "vector", "vector_views: expected vectors, got modality ", preprocess.modality);
  return std::make_shared<VectorViews>(options, preprocess);
}

}  // namespace kindred
