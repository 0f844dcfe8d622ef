// SPDX-License-Identifier: Apache-2.0
// What the reconstructing methods do to a batch before the encoder sees it. Row i is changed by numbers from streams
// named (seed, epoch, id of row i, operation): the same after a resume and for any number of threads.
#pragma once

#include <cstdint>
#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct Batch;

struct CorruptionOptions {
  std::string kind = "gaussian";
  double sigma = 0.5;
  double share = 0.25;
};
inline void visit_fields(FieldList& v, CorruptionOptions& o) {
  v("kind", o.kind,
    "gaussian: added noise; mask: a share of the numbers set to their mean; salt_pepper: a share set to the smallest "
    "or "
    "largest number of the batch",
    {"gaussian", "mask", "salt_pepper"});
  v("sigma", o.sigma, "gaussian: standard deviation, in units of the data's", at_least(0));
  v("share", o.share, "mask, salt_pepper: share of the numbers", between(0, 1));
}

// batch.views[0], corrupted; same shape.
at::Tensor corrupted(const Batch& batch, const CorruptionOptions& options, uint64_t seed);

// [B, patches] bool, in each row round(share patches) true ones at random.
at::Tensor random_patches(const Batch& batch, int64_t patches, double share, uint64_t seed);

}  // namespace kindred
