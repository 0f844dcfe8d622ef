// SPDX-License-Identifier: Apache-2.0
// Squared error:  elements: 1/nd sum |p - t|^2 (torch's mean);  rows: 1/n sum |p - t|^2, d times as much.
// With normalize and rows it is 2 - 2 cos (BYOL's term), twice 1 - cos. Gradient flows to both: detach a fixed target.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct MseOptions {
  std::string reduction = "elements";
  bool normalize = false;
};
inline void visit_fields(FieldList& v, MseOptions& o) {
  v("reduction", o.reduction, "mean over all elements, or over rows of the squared distance", {"elements", "rows"});
  v("normalize", o.normalize, "bring the rows to unit length first");
}

// prediction, target: [N, D]. Returns a scalar. Throws InvalidArgument, NonFinite.
at::Tensor mse(const at::Tensor& prediction, const at::Tensor& target, const MseOptions& options = {});

}  // namespace kindred
