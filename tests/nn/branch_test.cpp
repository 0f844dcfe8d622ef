// SPDX-License-Identifier: Apache-2.0
// Proves: a branch is head after encoder; views of one size share one pass; grouped passes keep the order of rows and give
// each group its own batch statistics.
#include "kindred/nn/branch.h"

#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "kindred/nn/heads.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

std::shared_ptr<Branch> small_branch() {
  auto head = projection_head(8, {.layers = 1, .out = 3, .last_batch_norm = false});
  init_weights(*head, 2);
  return std::make_shared<Branch>(test::make_encoder("convnet", {1, 8, 8}, "width = 1", 1), head);
}

int64_t passes(const Branch& branch) {
  return branch.named_buffers()["encoder.bn1.num_batches_tracked"].item<int64_t>();
}

TEST(Branch, IsHeadAfterEncoder) {
  const auto branch = small_branch();
  branch->eval();
  const auto x = test::normal_tensor({5, 1, 8, 8}, 1);
  EXPECT_TRUE(torch::equal(branch->forward(x), branch->head()->forward(branch->encoder()->forward(x))));
}

TEST(Branch, ViewsOfOneSizeShareAPass) {
  const auto branch = small_branch(), other = small_branch();
  const std::vector<torch::Tensor> views{test::normal_tensor({4, 1, 8, 8}, 1), test::normal_tensor({4, 1, 8, 8}, 2),
                                         test::normal_tensor({4, 1, 6, 6}, 3), test::normal_tensor({4, 1, 6, 6}, 4),
                                         test::normal_tensor({4, 1, 6, 6}, 5)};
  const auto out = branch->forward(views);
  ASSERT_EQ(out.size(), 5u);
  EXPECT_EQ(passes(*branch), 2);
  const auto together = other->forward(torch::cat({views[0], views[1]}));
  EXPECT_TRUE(torch::equal(torch::cat({out[0], out[1]}), together));
  for (const auto& rows : out) EXPECT_EQ(rows.sizes(), (std::vector<int64_t>{4, 3}));
}

TEST(Branch, GroupsKeepTheOrderOfRows) {
  const auto branch = small_branch();
  const auto x = test::normal_tensor({10, 1, 8, 8}, 1);
  branch->eval();  // running statistics: the same row gives the same output in any company
  EXPECT_LT((forward_in_groups(*branch, x, 3, 7) - branch->forward(x)).abs().max().item<double>(), 1e-5);
  branch->train();
  const auto before = passes(*branch);
  const auto grouped = forward_in_groups(*branch, x, 3, 7);
  EXPECT_EQ(passes(*branch), before + 3);
  EXPECT_GT((grouped - branch->forward(x)).abs().max().item<double>(), 1e-3) << "statistics of its own for each group";
  EXPECT_TRUE(torch::equal(grouped, forward_in_groups(*branch, x, 3, 7)));
  EXPECT_FALSE(torch::equal(grouped, forward_in_groups(*branch, x, 3, 8)));
}

TEST(Branch, GroupsHaveAtLeastTwoRows) {
  const auto branch = small_branch();
  forward_in_groups(*branch, test::normal_tensor({5, 1, 8, 8}, 1), 100, 7);
  EXPECT_EQ(passes(*branch), 2);
  EXPECT_THROW(forward_in_groups(*branch, test::normal_tensor({5, 1, 8, 8}, 1), 0, 7), InvalidArgument);
}

}  // namespace
}  // namespace kindred
