// SPDX-License-Identifier: Apache-2.0
// Random rows from the counter generator: what queues and banks hold before anything was seen.
#pragma once

#include <cstdint>

#include "kindred/core/tensor_fwd.h"

namespace kindred {

// [n, d] float32, each row uniform over the unit sphere; row i from CounterRng(seed, RngOp::kInit, i).
at::Tensor random_unit_rows(int64_t n, int64_t d, uint64_t seed);

// [n, d] float32, each number uniform in [-bound, bound), the same streams.
at::Tensor random_uniform_rows(int64_t n, int64_t d, double bound, uint64_t seed);

}  // namespace kindred
