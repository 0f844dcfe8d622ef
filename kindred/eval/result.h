// SPDX-License-Identifier: Apache-2.0
// What an evaluation gives back: figures with intervals, and the protocol they were measured under.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kindred/core/json_fwd.h"

namespace kindred {

// Embeddings of one split.
struct Embeddings {
  at::Tensor rows;                       // [N, D] float32, CPU, contiguous
  at::Tensor labels;                     // [N] int64, kNoLabel where there is none
  at::Tensor ids;                        // [N] int64
  std::vector<std::string> class_names;  // may be empty
  std::string source;                    // the SPEC or the file
};

struct Interval {
  double low = 0, high = 0;
};

struct Figure {
  std::string name;  // "top1"
  double value = 0;
  Interval interval;  // 95 %, bootstrap over test samples (or over draws, as the protocol says)
  bool has_interval = false;
};

struct EvalResult {
  std::string protocol;                                       // "knn"
  std::vector<Figure> figures;                                // the first is the headline
  std::vector<std::pair<std::string, std::string>> settings;  // k = 20, temperature = 0.07, metric = cosine, ...
  int64_t n_train = 0, n_test = 0;
  // Per labelled test sample, 1 right, 0 wrong, [n_test] uint8 (fewshot: the share of draws that were right, float32);
  // for paired comparisons. Undefined where it makes no sense.
  at::Tensor correct;
  std::vector<std::string> warnings;  // plain sentences

  // "knn: k = 20, weights exp(s/0.07), cosine; 60000 train, 10000 test; 95 % bootstrap over test samples"
  std::string protocol_line() const;
};

// {"protocol":"knn","top1":..,"interval":[..,..],"n_test":..,"settings":{..},..}: the headline's interval is "interval",
// those of further figures "<name>_interval".
Json result_json(const EvalResult& result);

// 95 % percentile bootstrap of the mean of values [N]: 2000 resamples from (seed, RngOp::kBootstrap).
Interval bootstrap_mean(const at::Tensor& values, uint64_t seed = 0);
// The interval of mean(a) - mean(b), the same test samples resampled for both (paired). a, b: [N].
Interval bootstrap_paired_difference(const at::Tensor& a, const at::Tensor& b, uint64_t seed = 0);

}  // namespace kindred
