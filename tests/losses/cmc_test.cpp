// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vectors of both graphs; two views are two-way InfoNCE; the core view is chosen; refusals.
#include "kindred/losses/cmc.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/info_nce.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

std::vector<at::Tensor> views(const test::Tensors& x) { return {x.at("v1"), x.at("v2"), x.at("v3")}; }

TEST(Cmc, FullGraphVector) {
  test::expect_vector("cmc.json", "full_graph_3_views", [](const test::Tensors& x) { return cmc(views(x)); });
}

// The core view in the middle of the list: the same pairs in another order.
TEST(Cmc, CoreViewVector) {
  test::expect_vector("cmc.json", "core_view_3_views",
                      [](const test::Tensors& x) { return cmc(views(x), {.graph = "core", .core = 0}); });
  test::expect_vector("cmc.json", "core_view_3_views", [](const test::Tensors& x) {
    return cmc({x.at("v2"), x.at("v1"), x.at("v3")}, {.graph = "core", .core = 1});
  });
}

TEST(Cmc, TwoViewsAreTwoWayInfoNce) {
  const at::Tensor a = test::random_rows(4, 3, 1), b = test::random_rows(4, 3, 2);
  const double want = info_nce(a, b, {.temperature = 0.07, .direction = "sum"}).item<double>();
  EXPECT_EQ(cmc({a, b}).item<double>(), want);
  EXPECT_EQ(cmc({a, b}, {.graph = "core"}).item<double>(), want);
}

TEST(Cmc, Refusals) {
  const at::Tensor a = test::random_rows(4, 3, 1);
  EXPECT_THROW(cmc({a}), InvalidArgument);
  EXPECT_THROW(cmc({a, a}, {.graph = "core", .core = 2}), InvalidArgument);
  EXPECT_THROW(cmc({a, test::random_rows(4, 2, 1)}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
