// SPDX-License-Identifier: Apache-2.0
// What a loss of the registry is given. A loss uses the members its row names and leaves the others alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace kindred {

// Rows of earlier batches that those of the views are held against besides each other: never anchors, and no gradient. A
// pair of one id is ignored: the older row of a sample is neither its positive nor its negative.
struct References {
  at::Tensor rows{}, labels{}, ids{};  // [M, D]; [M] int64; [M] int64 or undefined
};

struct LossInputs {
  std::vector<at::Tensor> views{};    // [N, D] each; row i of all views belongs to instance i
  std::vector<at::Tensor> targets{};  // what views[v] is held against, where a loss has targets; no gradient
  at::Tensor labels{};                // [N] int64; kNoLabel (-1): a class of its own
  at::Tensor ids{};                   // [N] int64: rows of one id are one instance and never negatives of each other
  at::Tensor scores{};                // [N] or [N, S] floating point: near scores are positives; NaN: unlabelled
  at::Tensor similar{};               // [N] > 0 where row i of views[0] and of views[1] are alike
  at::Tensor queue{};                 // [K, D] rows of earlier batches, or the bank; no gradient
  at::Tensor queue_ids{};             // [K] int64
  at::Tensor negatives{};             // [N, M, D]: negatives of each row alone
  at::Tensor prototypes{};            // [C, D]: proxies, class weights, prototypes; trained
  at::Tensor mask{};                  // [N] (or the leading shape of views[0]) bool: what was hidden
  at::Tensor logit_scale{};           // scalar: ln of the scale of the logits, trained
  at::Tensor bias{};                  // scalar, trained
  at::Tensor center{};                // [D]: running mean of the teacher; no gradient
  References references{};            // for losses on pairs with labels (cross-batch memory); from C++ alone
  uint64_t seed = 0;                  // of the random draws inside a loss (distance-weighted mining, mixing)
};

}  // namespace kindred
