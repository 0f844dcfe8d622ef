// SPDX-License-Identifier: Apache-2.0
// Which code computes a loss: the composite that defines it, or a fused version; who chose, and what ran.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

// composite: tensor operations, the definition. fused: tile by tile in kernels/, on a CPU. tiled: the same tiles made of
// tensor operations, on any device.
enum class Implementation { kComposite, kFused, kTiled };
std::string_view implementation_name(Implementation implementation);  // "composite", "fused", "tiled"

// The values of an `impl` option: auto, fused, composite. "fused" on another device than a CPU means tiled.
std::vector<std::string> implementation_choices();

// The `impl` option of a loss that has a fused version, for its visit_fields().
inline void implementation_field(FieldList& v, std::string& impl) {
  v("impl", impl, "fused: tile by tile, never the whole matrix; composite: the definition; auto: fused where possible",
    implementation_choices());
}

// The implementation for the tensor x where the option says `wanted`. refusal: null, or why the fused version cannot be had
// ("explicit masks are dense"): then auto takes the composite.
// Throws InvalidArgument where wanted is fused and refusal is not null: the line says why.
Implementation choose_implementation(std::string_view wanted, const at::Tensor& x, const char* refusal,
                                     std::string_view who);

// What was chosen last in the calling thread: for tests, benchmarks and `kindred loss`.
Implementation last_implementation();
void note_implementation(Implementation implementation);

}  // namespace kindred
