// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/swav.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "kindred/losses/rows.h"

namespace kindred {

at::Tensor sinkhorn(const at::Tensor& scores, double epsilon, int64_t iterations) {
  const c10::NoGradGuard no_grad;
  at::Tensor q = scores.detach() / epsilon;  // ln of the codes
  for (int64_t i = 0; i < iterations; ++i) {
    q = q - q.logsumexp(0, /*keepdim=*/true);  // every prototype is used alike
    q = q - q.logsumexp(1, /*keepdim=*/true);  // every row adds up to 1
  }
  return q.exp();
}

at::Tensor swav_scores(const std::vector<at::Tensor>& scores, const at::Tensor& queue_scores,
                       const SwavOptions& options) {
  check_options(options, "swav");
  check(scores.size() >= 2, "swav: expected at least 2 views, got ", scores.size());
  std::vector<at::Tensor> s;
  for (const auto& view : scores) {
    s.push_back(checked_rows(view, "swav", "view"));
    check_alike(s.front(), s.back(), "swav", "the first view", "view");
  }
  const auto code_views = std::min(static_cast<size_t>(options.code_views), s.size());
  const int64_t b = s.front().size(0);
  at::Tensor loss;
  for (size_t c = 0; c < code_views; ++c) {
    const at::Tensor rows = queue_scores.defined() ? at::cat({s[c].detach(), queue_scores.detach()}) : s[c];
    const at::Tensor code = sinkhorn(rows, options.epsilon, options.iterations).narrow(0, 0, b);
    for (size_t v = 0; v < s.size(); ++v) {
      if (v == c) continue;
      const at::Tensor term = -(code * (s[v] / options.temperature).log_softmax(1)).sum(1).mean();
      loss = loss.defined() ? loss + term : term;
    }
  }
  return loss / static_cast<double>(code_views * (s.size() - 1));
}

at::Tensor swav(const std::vector<at::Tensor>& views, const at::Tensor& prototypes, const at::Tensor& queue,
                const SwavOptions& options) {
  const at::Tensor unit = normalized(checked_rows(prototypes, "swav", "prototypes"));
  const auto score = [&](const at::Tensor& rows, const char* name) {
    const at::Tensor x = checked_rows(rows, "swav", name);
    check_same_width(unit, x, "swav", "prototypes", name);
    return normalized(x).mm(unit.t());
  };
  std::vector<at::Tensor> scores;
  for (const auto& view : views) scores.push_back(score(view, "view"));
  return swav_scores(scores, queue.defined() ? score(queue, "queue") : at::Tensor(), options);
}

}  // namespace kindred
