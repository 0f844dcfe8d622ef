// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; the softmax form in loops; one class.
#include "kindred/losses/proxy_nca.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(ProxyNca, SharedVector) {
  test::expect_vector("proxy_nca.json", "original_form",
                      [](const test::Tensors& x) { return proxy_nca(x.at("x"), x.at("lab"), x.at("W")); });
}

TEST(ProxyNca, SoftmaxFormWithScale) {
  const at::Tensor x = test::random_rows(5, 3, 1), w = test::random_rows(4, 3, 2);
  const std::vector<int> y{0, 3, 1, 1, 2};
  const auto rows = test::rows_of(x), proxies = test::rows_of(w);
  double sum = 0;
  for (size_t i = 0; i < 5; ++i) {
    std::vector<double> logits;
    for (size_t c = 0; c < 4; ++c) {
      const double d = test::distance(test::unit(rows[i]), test::unit(proxies[c]));
      logits.push_back(-3 * d * d);
    }
    sum += (test::lse(logits) - logits[static_cast<size_t>(y[i])]) / 5;
  }
  EXPECT_NEAR(proxy_nca(x, torch::tensor(y), w, {.form = "softmax", .scale = 3}).item<double>(), sum, 1e-12);
}

TEST(ProxyNca, OneClassIsZero) {
  at::Tensor x = test::random_rows(3, 2, 3).requires_grad_();
  const at::Tensor loss = proxy_nca(x, torch::zeros({3}, torch::kLong), test::random_rows(1, 2, 4));
  loss.backward();
  EXPECT_EQ(loss.item<double>(), 0);
  EXPECT_EQ(x.grad().abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace kindred
