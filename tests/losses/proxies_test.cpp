// SPDX-License-Identifier: Apache-2.0
// Proves: unit rows, the class mask, unlabelled rows left out, and the refusals.
#include "kindred/losses/proxies.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

TEST(ProxiesTest, LabelledRowsAlone) {
  const at::Tensor x = test::random_rows(4, 3, 1), w = test::random_rows(2, 3, 2);
  const Proxies p = checked_proxies(x, torch::tensor({1, -1, 0, 1}), w, "test");
  EXPECT_TRUE(torch::equal(p.own, torch::tensor({{false, true}, {true, false}, {false, true}})));
  EXPECT_TRUE(torch::equal(p.labels, torch::tensor({1, 0, 1})));
  EXPECT_TRUE(torch::allclose(p.rows.norm(2, 1), torch::ones({3}, torch::kFloat64)));
  EXPECT_TRUE(torch::allclose(p.proxies.norm(2, 1), torch::ones({2}, torch::kFloat64)));
  EXPECT_THROW(checked_proxies(x, torch::tensor({0, 0, 0, 2}), w, "test"), InvalidArgument);
  EXPECT_THROW(checked_proxies(x, torch::tensor({0, 0, 0}), w, "test"), InvalidArgument);
  EXPECT_THROW(checked_proxies(x, torch::tensor({0, 0, 0, 1}), test::random_rows(2, 4, 3), "test"), InvalidArgument);
}

}  // namespace
}  // namespace kindred
