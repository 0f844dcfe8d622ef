// SPDX-License-Identifier: Apache-2.0
// The loader: worker threads fill a bounded ring of batches in the order the sampler gives.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kindred/core/fields.h"
#include "kindred/data/dataset.h"
#include "kindred/views/batch.h"
#include "kindred/views/views.h"

namespace kindred {

struct LoaderOptions {
  int64_t batch = 256;   // B
  int64_t workers = 0;   // threads; 0 = one per core, at most 4
  int64_t prefetch = 3;  // batches in the ring
  uint64_t seed = 0;
  bool shuffle = true;           // a new order each epoch (core/rng.h Permutation); false: data set order
  bool drop_last = true;         // leave out the last, smaller batch; false: it is delivered smaller
  std::string sampler = "auto";  // which samples make a batch (sampler.h)
  int64_t per_class = 0;         // K of P x K batches; there shuffle and drop_last do not count
};

struct LoaderStats {
  double wait_seconds = 0;  // time next() blocked since the last reset
  int64_t samples = 0;      // delivered since the last reset
};

// Bits of every batch depend on (data set, views, seed, epoch, batch size, sampler) only: not on workers, prefetch or a seek.
// Thread-compatible: one consumer.
class Loader {
 public:
  // Throws InvalidArgument: empty data set, batch < 1, fewer samples than one batch with drop_last; what
  // the sampler needs is not there.
  Loader(DatasetPtr dataset, ViewsPtr views, const LoaderOptions& options);
  ~Loader();  // stops the workers

  int64_t batches_per_epoch() const;
  // The next batch; runs over into the next epoch without end. An error in a worker is thrown here, once, as it was.
  Batch next();
  // Continue with batch `index` of `epoch` (resume). O(1): nothing is skipped by reading.
  void seek(int64_t epoch, int64_t index);

  LoaderStats stats() const;
  void reset_stats();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace kindred
