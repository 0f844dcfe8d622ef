// SPDX-License-Identifier: Apache-2.0
// A tiny method and a batch for it, the same on every machine.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kindred/methods/method.h"

namespace kindred::test {

inline constexpr int64_t kFeatures = 6;

// mlp 6 -> 12 -> 10 and a head 10 -> 12 -> 5 (where the method has one), a predictor 5 -> 4 -> 5, a queue of 20 rows, 7
// prototypes that are trained from the start; all weights from `seed`. A method of split channels gets one such mlp for each
// half of the features. settings: options by name, set after those.
MethodPtr toy_method(std::string_view name, int64_t batch, uint64_t seed = 0,
                     const std::vector<std::pair<std::string, std::string>>& settings = {});

// `views` noisy versions of `samples` rows; sample i belongs to cluster i % 3. Noise: standard deviation per feature.
// round makes other samples, with other ids.
Batch toy_batch(int64_t samples, int64_t views, double noise = 0.3, uint64_t round = 0);

}  // namespace kindred::test
