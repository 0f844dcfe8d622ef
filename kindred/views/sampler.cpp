// SPDX-License-Identifier: Apache-2.0
#include "kindred/views/sampler.h"

#include <algorithm>
#include <numeric>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/views/class_sampler.h"
#include "kindred/views/distinct_sampler.h"
#include "kindred/views/weighted_sampler.h"

namespace kindred {
namespace {

// Every sample once; O(B) a batch, O(1) memory.
class ShuffleSampler final : public Sampler {
 public:
  ShuffleSampler(const Dataset& dataset, const SamplerOptions& options) : size_(dataset.size()), options_(options) {
    check(!options.drop_last || size_ >= options.batch, "loader: expected at least one whole batch of ", options.batch,
          " samples, got a data set of ", size_, " (", dataset.info().name, "); lower the batch");
  }

  int64_t batches_per_epoch() const override {
    return options_.drop_last ? size_ / options_.batch : (size_ - 1) / options_.batch + 1;
  }

  std::vector<int64_t> rows(int64_t epoch, int64_t index) override {
    const int64_t first = index * options_.batch;
    std::vector<int64_t> out(static_cast<size_t>(std::min(options_.batch, size_ - first)));
    std::iota(out.begin(), out.end(), first);
    if (options_.in_order) return out;
    const Permutation order(
        static_cast<uint64_t>(size_),
        {.seed = options_.seed, .epoch = static_cast<uint32_t>(epoch), .op = static_cast<uint16_t>(RngOp::kShuffle)});
    for (int64_t& row : out) row = static_cast<int64_t>(order(static_cast<uint64_t>(row)));
    return out;
  }

 private:
  int64_t size_;
  SamplerOptions options_;
};

}  // namespace

SamplerPtr make_sampler(const Dataset& dataset, const SamplerOptions& options) {
  const std::string name = options.name != "auto" ? options.name : options.per_class > 0 ? "classes" : "shuffle";
  if (name == "shuffle") return std::make_unique<ShuffleSampler>(dataset, options);
  if (name == "classes" || name == "groups")
    return std::make_unique<ClassSampler>(dataset, name == "classes" ? SampleKey::kLabel : SampleKey::kGroup,
                                          options.batch, options.per_class, options.seed);
  if (name == "distinct") return std::make_unique<DistinctSampler>(dataset, options.batch, options.seed);
  if (name == "balanced" || name == "weighted")
    return std::make_unique<WeightedSampler>(dataset, name == "balanced" ? class_weights(dataset) : scores(dataset),
                                             options.batch, options.seed);
  throw InvalidArgument(
      concat("loader.sampler: expected auto, balanced, classes, distinct, groups, shuffle or weighted, got \"",
             options.name, "\""));
}

}  // namespace kindred
