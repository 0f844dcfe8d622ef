// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/distance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "kindred/core/error.h"
#include "kindred/losses/rows.h"
#include "kindred/ops/pair_distances.h"

namespace kindred {

std::vector<std::string> distance_names() { return {"cosine", "dot", "euclidean", "squared_euclidean"}; }

Distance distance_named(std::string_view name) {
  const auto names = distance_names();
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Distance>(i);
  throw InvalidArgument(
      concat("distance: expected one of cosine, dot, euclidean, squared_euclidean, got \"", name, "\""));
}

bool larger_is_nearer(Distance distance) { return distance == Distance::kCosine || distance == Distance::kDot; }

at::Tensor pairwise(Distance distance, const at::Tensor& a, const at::Tensor& b) {
  if (distance == Distance::kCosine) return normalized(a).mm(normalized(b).t());
  if (distance == Distance::kDot) return a.mm(b.t());
  return pair_distances(a, b, distance == Distance::kSquaredEuclidean);
}

at::Tensor rowwise(Distance distance, const at::Tensor& a, const at::Tensor& b) {
  if (distance == Distance::kCosine) return (normalized(a) * normalized(b)).sum(-1);
  if (distance == Distance::kDot) return (a * b).sum(-1);
  if (distance == Distance::kSquaredEuclidean) return (a - b).square().sum(-1);
  return (a - b).norm(2, -1);  // its backward takes 0 at 0
}

at::Tensor farness(Distance distance, const at::Tensor& measure) {
  if (distance == Distance::kCosine) return 1 - measure;
  return distance == Distance::kDot ? -measure : measure;
}

}  // namespace kindred
