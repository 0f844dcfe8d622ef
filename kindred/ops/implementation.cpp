// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/implementation.h"

#include <ATen/core/Tensor.h>

#include "kindred/core/error.h"

namespace kindred {
namespace {
thread_local Implementation last = Implementation::kComposite;
}  // namespace

std::string_view implementation_name(Implementation implementation) {
  if (implementation == Implementation::kFused) return "fused";
  return implementation == Implementation::kTiled ? "tiled" : "composite";
}

std::vector<std::string> implementation_choices() { return {"auto", "fused", "composite"}; }

Implementation choose_implementation(std::string_view wanted, const at::Tensor& x, const char* refusal,
                                     std::string_view who) {
  check(wanted != "fused" || refusal == nullptr, who, ": expected inputs that impl = fused takes, got ",
        refusal ? refusal : "");
  last = x.is_cpu() ? Implementation::kFused : Implementation::kTiled;
  if (wanted == "composite" || refusal != nullptr) last = Implementation::kComposite;
  return last;
}

Implementation last_implementation() { return last; }
void note_implementation(Implementation implementation) { last = implementation; }

}  // namespace kindred
