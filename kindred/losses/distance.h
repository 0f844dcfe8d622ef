// SPDX-License-Identifier: Apache-2.0
// How near two rows are: four measures, each of which knows whether larger means nearer.
//
// Euclidean distances come from the differences themselves, not from |a|^2 + |b|^2 - 2ab, which loses half the digits
// of near duplicates. The gradient of a distance at 0 is taken as 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/core/tensor_fwd.h"

namespace kindred {

enum class Distance { kCosine, kDot, kEuclidean, kSquaredEuclidean };

std::vector<std::string> distance_names();       // cosine, dot, euclidean, squared_euclidean
Distance distance_named(std::string_view name);  // throws InvalidArgument
bool larger_is_nearer(Distance distance);        // cosine and dot are similarities

// [N, D], [M, D] -> [N, M], the measure itself.
at::Tensor pairwise(Distance distance, const at::Tensor& a, const at::Tensor& b);
// [N, D], [N, D] -> [N], row i with row i.
at::Tensor rowwise(Distance distance, const at::Tensor& a, const at::Tensor& b);
// The measure turned so that larger is farther: 1 - cosine, -dot, and the distances as they are.
at::Tensor farness(Distance distance, const at::Tensor& measure);

}  // namespace kindred
