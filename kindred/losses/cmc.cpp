// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/cmc.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/losses/info_nce.h"
#include "kindred/losses/rows.h"

namespace kindred {

at::Tensor cmc(const std::vector<at::Tensor>& views, const CmcOptions& options) {
  return cmc(views, at::Tensor(), options);
}

at::Tensor cmc(const std::vector<at::Tensor>& views, const at::Tensor& ids, const CmcOptions& options) {
  check_options(options, "cmc");
  check(views.size() >= 2, "cmc: expected at least 2 views, got ", views.size());
  const bool full = options.graph == "full";
  const auto core = static_cast<size_t>(options.core);
  check(full || core < views.size(), "cmc: expected core below the number of views (", views.size(), "), got ", core);
  const InfoNceOptions pair{.temperature = options.temperature, .direction = "sum", .impl = options.impl};
  at::Tensor loss;
  for (size_t i = 0; i < views.size(); ++i)
    for (size_t j = i + 1; j < views.size(); ++j) {
      if (!full && i != core && j != core) continue;
      const at::Tensor term = info_nce({.query = views[i], .key = views[j], .ids = ids}, pair);
      loss = loss.defined() ? loss + term : term;
    }
  return loss;
}

}  // namespace kindred
