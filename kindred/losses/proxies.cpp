// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/proxies.h"

#include <ATen/TensorOperators.h>

#include "kindred/data/sample.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/stable.h"

namespace kindred {

Proxies checked_proxies(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& proxies,
                        std::string_view who) {
  const at::Tensor rows = checked_rows(x, who, "x"), w = checked_rows(proxies, who, "prototypes");
  check_same_width(rows, w, who, "x", "prototypes");
  const at::Tensor y = checked_index(labels, rows.size(0), who, "labels");
  const int64_t classes = w.size(0), low = y.min().item<int64_t>(), high = y.max().item<int64_t>();
  check(low >= kNoLabel && high < classes, who, ": expected labels in [0, ", classes, ") or ", kNoLabel, ", got ",
        low < kNoLabel ? low : high);
  const at::Tensor kept = (y != kNoLabel).nonzero().flatten();
  const at::Tensor known = y.index_select(0, kept);
  return {normalized(rows).index_select(0, kept), normalized(w), same(known, counting(classes, known)), known};
}

}  // namespace kindred
