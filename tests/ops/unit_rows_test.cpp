// SPDX-License-Identifier: Apache-2.0
// Unit rows and their gradient against torch's own formula in double; rows that overflow, vanish, or lie apart.
#include "kindred/ops/unit_rows.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

TEST(UnitRows, AreTheRowsOverTheirLengths) {
  for (const int64_t d : {1, 3, 16, 17, 48, 130})
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      const double tolerance = type == torch::kFloat ? 1e-6 : 1e-14;
      const at::Tensor a = test::random_rows(5, d, 1), b = test::random_rows(3, d, 2);
      const at::Tensor ea = a.clone().requires_grad_(), eb = b.clone().requires_grad_();
      const at::Tensor fa = a.to(type).clone().requires_grad_(), fb = b.to(type).clone().requires_grad_();
      const at::Tensor all = torch::cat({ea, eb}), want = all / all.norm(2, 1, true), got = stacked_unit_rows({fa, fb});
      EXPECT_LT((got.to(torch::kDouble) - want).abs().max().item<double>(), tolerance);
      const at::Tensor w = test::random_rows(8, d, 3);
      (want * w).sum().backward();
      (got * w.to(type)).sum().backward();
      EXPECT_LT((fa.grad().to(torch::kDouble) - ea.grad()).abs().max().item<double>(), 100 * tolerance);
      EXPECT_LT((fb.grad().to(torch::kDouble) - eb.grad()).abs().max().item<double>(), 100 * tolerance);
    }
}

TEST(UnitRows, KeepRowsWhoseSquaresDoNotFit) {
  at::Tensor x = torch::ones({3, 4});
  x[0] *= 1e30, x[1] *= 1e-11, x[2] *= 1e-13;  // the last is shorter than 1e-12
  x.requires_grad_();
  const at::Tensor z = stacked_unit_rows({x});
  EXPECT_LT((z.narrow(0, 0, 2) - 0.5).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(z[2].abs().max().item<double>(), 0);
  (z * torch::tensor({1.0f, 2.0f, 3.0f, 4.0f})).sum().backward();
  EXPECT_EQ(x.grad()[2].abs().max().item<double>(), 0);
  EXPECT_GT(x.grad()[1].abs().max().item<double>(), 0);
}

TEST(UnitRows, TakeRowsThatLieApartAndGiveThePaddedLayout) {
  const at::Tensor x = test::random_rows(6, 40, 4).to(torch::kFloat);
  const at::Tensor part = x.narrow(1, 3, 20);
  EXPECT_TRUE(torch::equal(stacked_unit_rows({part}), stacked_unit_rows({part.contiguous()})));
  const at::Tensor z = stacked_unit_rows({part});
  EXPECT_TRUE(in_padded_layout(z).is_same(z));
  const at::Tensor copy = in_padded_layout(part);
  EXPECT_TRUE(torch::equal(copy, part));
  EXPECT_TRUE(in_padded_layout(copy).is_same(copy));
}

}  // namespace
}  // namespace kindred
