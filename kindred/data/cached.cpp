// SPDX-License-Identifier: Apache-2.0
// A picture is decoded by the first that asks for it and kept; two threads that ask at once both decode, and one copy
// stays. What is kept does not depend on who came first.
#include <atomic>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/data/dataset_over.h"

namespace kindred {
namespace {

class Cached final : public DatasetOver {
 public:
  explicit Cached(DatasetPtr base) : DatasetOver(std::move(base)), kept_(static_cast<size_t>(size())) {}
  ~Cached() override {
    for (auto& entry : kept_) delete entry.load();
  }

  void get(int64_t index, Sample& sample) const override {
    std::atomic<const Sample*>& entry = kept_[static_cast<size_t>(index)];
    if (const Sample* kept = entry.load(std::memory_order_acquire)) {
      copy_sample(*kept, sample);
      return;
    }
    base_->get(index, sample);
    auto fresh = std::make_unique<Sample>();
    copy_sample(sample, *fresh);
    const Sample* none = nullptr;
    if (entry.compare_exchange_strong(none, fresh.get(), std::memory_order_acq_rel)) fresh.release();
  }

 private:
  // All but the compressed bytes; into the memory that `to` has.
  static void copy_sample(const Sample& from, Sample& to) {
    to.id = from.id;
    to.label = from.label;
    to.group = from.group;
    to.time = from.time;
    to.score = from.score;
    to.copy = from.copy;
    to.image = from.image;
    to.others = from.others;
    to.vector = from.vector;
  }

  mutable std::vector<std::atomic<const Sample*>> kept_;
};

}  // namespace

DatasetPtr cached(DatasetPtr base) {
  check(base->info().modality == Modality::kImage,
        "cache: expected pictures, got vectors, which are in memory already (", base->info().name, ")");
  return std::make_shared<Cached>(std::move(base));
}

}  // namespace kindred
