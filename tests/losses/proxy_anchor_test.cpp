// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; unlabelled rows are left out.
#include "kindred/losses/proxy_anchor.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(ProxyAnchor, SharedVector) {
  test::expect_vector("proxy_anchor.json", "three_classes_one_absent",
                      [](const test::Tensors& x) { return proxy_anchor(x.at("x"), x.at("lab"), x.at("W")); });
}

TEST(ProxyAnchor, UnlabelledRowsAreLeftOut) {
  const at::Tensor x = test::random_rows(4, 3, 1), w = test::random_rows(3, 3, 2);
  EXPECT_NEAR(proxy_anchor(x, torch::tensor({0, -1, 2, -1}), w).item<double>(),
              proxy_anchor(x.index_select(0, torch::tensor({0, 2})), torch::tensor({0, 2}), w).item<double>(), 1e-12);
  const at::Tensor none = proxy_anchor(x, torch::full({4}, -1, torch::kLong), w);
  EXPECT_EQ(none.item<double>(), 0);
}

}  // namespace
}  // namespace kindred
