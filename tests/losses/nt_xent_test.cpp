// SPDX-License-Identifier: Apache-2.0
// Proves: every shared vector of nt_xent; the definition in loops, with and without shared ids; the limits (equal rows, one
// row, opposite positives at t = 0.01 in float32); that bad input is refused or reported; that threads change rounding alone.
#include "kindred/losses/nt_xent.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/sup_con.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

using test::random_rows;

test::VectorLoss at_temperature(double t) {
  return [t](const test::Tensors& x) { return nt_xent(x.at("z1"), x.at("z2"), {.temperature = t}); };
}

TEST(NtXent, SharedVectors) {
  for (const auto& [name, t] : std::vector<std::pair<std::string, double>>{{"unit2_tau0.5", 0.5},
                                                                           {"unit2_tau0.07", 0.07},
                                                                           {"rows3_tau0.5", 0.5},
                                                                           {"rows3_tau0.07", 0.07},
                                                                           {"pml_same_value", 0.07},
                                                                           {"identical_rows", 0.5},
                                                                           {"batch_of_one", 0.5}})
    test::expect_vector("nt_xent.json", name, at_temperature(t));
  for (const auto* name : {"tau0.01_near_duplicates", "tau0.01_antipodal_positive"})
    test::expect_vector("nt_xent.json", name, at_temperature(0.01), 1e-3);
}

TEST(NtXent, SumOfViewsIsTheTensorFlowCode) {
  test::expect_vector("nt_xent.json", "simclr_tf_code_sum", [](const test::Tensors& x) {
    return nt_xent(x.at("z1"), x.at("z2"), {.temperature = 0.5, .reduction = "sum_of_views"});
  });
}

TEST(NtXent, PairsOfLabels) {
  test::expect_vector("nt_xent.json", "pml_multi_positive", [](const test::Tensors& x) {
    return nt_xent_pairs(x.at("x"), relation_by_label(x.at("lab"), {}), {.temperature = 0.5});
  });
}

// Equation 1 as loops; rows of one id are left out unless they are the pair itself.
double slow(const at::Tensor& z1, const at::Tensor& z2, const std::vector<int>& ids, double t) {
  const auto z = test::stacked(test::rows_of(z1), test::rows_of(z2));
  const size_t n = z.size() / 2;
  double sum = 0;
  for (size_t i = 0; i < 2 * n; ++i) {
    const size_t other = (i + n) % (2 * n);
    std::vector<double> below{test::cosine(z[i], z[other]) / t};
    for (size_t a = 0; a < 2 * n; ++a)
      if (ids[a % n] != ids[i % n]) below.push_back(test::cosine(z[i], z[a]) / t);
    sum += test::lse(below) - below[0];
  }
  return sum / static_cast<double>(2 * n);
}

TEST(NtXent, IsItsDefinition) {
  const at::Tensor z1 = random_rows(6, 5, 1), z2 = random_rows(6, 5, 2);
  const std::vector<int> all_differ{0, 1, 2, 3, 4, 5}, twins{0, 1, 0, 3, 4, 3};
  const at::Tensor ids = torch::tensor({0, 1, 0, 3, 4, 3}, torch::kLong);
  for (const double t : {0.01, 0.07, 0.5, 5.0}) {
    EXPECT_NEAR(nt_xent(z1, z2, {.temperature = t}).item<double>(), slow(z1, z2, all_differ, t), 1e-10);
    EXPECT_NEAR(nt_xent(z1, z2, ids, {.temperature = t}).item<double>(), slow(z1, z2, twins, t), 1e-10);
  }
}

TEST(NtXent, IsSupConOfInstanceLabels) {
  const at::Tensor z1 = random_rows(5, 4, 3), z2 = random_rows(5, 4, 4);
  const at::Tensor labels = torch::arange(5).repeat({2});
  EXPECT_NEAR(nt_xent(z1, z2, {.temperature = 0.2}).item<double>(),
              sup_con(torch::cat({z1, z2}), labels, {.temperature = 0.2}).item<double>(), 1e-12);
}

TEST(NtXent, EqualRowsGiveTheUniformValueAndNoGradient) {
  for (const int64_t n : {1, 2, 7, 64})
    for (const double t : {0.01, 0.5}) {
      at::Tensor z1 = torch::tensor({{0.3, -0.4, 1.2}}, torch::kFloat64).repeat({n, 1}).requires_grad_();
      at::Tensor z2 = (2 * z1).detach().requires_grad_();
      const at::Tensor loss = nt_xent(z1, z2, {.temperature = t});
      loss.backward();
      EXPECT_NEAR(loss.item<double>(), nt_xent_uniform_value(n), 1e-12);
      EXPECT_LT(z1.grad().abs().max().item<double>(), 1e-12);
      EXPECT_LT(z2.grad().abs().max().item<double>(), 1e-12);
    }
}

TEST(NtXent, OppositePositivesStillPullInFloat) {
  at::Tensor z1 = torch::tensor({{1.0F, 0.0F}, {0.999F, 0.01F}}).requires_grad_();
  const at::Tensor z2 = torch::tensor({{-1.0F, 0.01F}, {-0.999F, 0.0F}});
  const at::Tensor loss = nt_xent(z1, z2, {.temperature = 0.01});
  loss.backward();
  EXPECT_GT(loss.item<double>(), 190);  // libraries that add a smallest float inside the logarithm stop at 87.3
  EXPECT_GT(z1.grad().abs().max().item<double>(), 0.1);
}

TEST(NtXent, ZeroRowsGetZeroGradientAndHugeRowsStayFinite) {
  at::Tensor z1 = random_rows(4, 3, 5).to(torch::kFloat32);
  z1[1].zero_();
  z1[2] *= 1e25;
  z1[3] *= 1e-30;
  z1.requires_grad_();
  const at::Tensor loss = nt_xent(z1, random_rows(4, 3, 6).to(torch::kFloat32));
  loss.backward();
  EXPECT_TRUE(torch::isfinite(loss).item<bool>());
  EXPECT_TRUE(torch::isfinite(z1.grad()).all().item<bool>());
  EXPECT_EQ(z1.grad()[1].abs().max().item<double>(), 0);
}

TEST(NtXent, HalfTypesAreWidened) {
  const at::Tensor z1 = random_rows(4, 3, 7), z2 = random_rows(4, 3, 8);
  const at::Tensor half = nt_xent(z1.to(torch::kHalf), z2.to(torch::kHalf), {.temperature = 0.01});
  EXPECT_EQ(half.scalar_type(), torch::kFloat32);
  EXPECT_NEAR(half.item<double>(), nt_xent(z1, z2, {.temperature = 0.01}).item<double>(), 0.5);
}

TEST(NtXent, StridesDoNotMatter) {
  const at::Tensor z1 = random_rows(8, 10, 9), z2 = random_rows(8, 10, 10);
  const auto part = [](const at::Tensor& x) { return x.slice(0, 0, 8, 2).slice(1, 1, 10, 3); };
  EXPECT_EQ(nt_xent(part(z1), part(z2)).item<double>(),
            nt_xent(part(z1).contiguous(), part(z2).contiguous()).item<double>());
}

// The sums are added in one order; the matrix products are the BLAS's, whose last bits may differ between thread counts.
TEST(NtXent, ThreadsChangeNoMoreThanTheRoundingOfProducts) {
  const at::Tensor z1 = random_rows(300, 33, 11), z2 = random_rows(300, 33, 12);
  const auto run = [&](int threads) {
    at::set_num_threads(threads);
    const auto f = [](const std::vector<at::Tensor>& x) { return nt_xent(x[0], x[1], {.temperature = 0.1}); };
    auto out = test::gradients_of(f, {z1, z2});
    out.push_back(f({z1, z2}));
    return out;
  };
  const int before = at::get_num_threads();
  const auto one = run(1), two = run(2);
  at::set_num_threads(before);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::allclose(one[i], two[i], 1e-12, 1e-15)) << i;
}

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing";
}

TEST(NtXent, BadInputIsNamed) {
  const at::Tensor z = random_rows(3, 2, 13);
  at::Tensor bad = z.clone();
  bad[1][0] = std::nan("");
  EXPECT_EQ(refusal([&] { nt_xent(z, z, {.temperature = 0}); }), "nt_xent: expected temperature > 0, got 0");
  EXPECT_EQ(refusal([&] { nt_xent(z, bad); }), "nt_xent: expected finite z2, got nan at [1, 0]");
  EXPECT_THROW(nt_xent(z, bad), NonFinite);
  EXPECT_EQ(refusal([&] { nt_xent(z, random_rows(4, 2, 1)); }),
            "nt_xent: expected z2 of the shape of z1 [3, 2], got [4, 2]");
  EXPECT_THROW(nt_xent(z, z.to(torch::kFloat32)), InvalidArgument);
  EXPECT_THROW(nt_xent(z.select(0, 0), z.select(0, 0)), InvalidArgument);
  EXPECT_THROW(nt_xent(z.to(torch::kLong), z.to(torch::kLong)), InvalidArgument);
  EXPECT_THROW(nt_xent(torch::empty({0, 2}), torch::empty({0, 2})), InvalidArgument);
  EXPECT_THROW(nt_xent(at::Tensor(), z), InvalidArgument);
  EXPECT_THROW(nt_xent(z, z, torch::tensor({1, 2}), {}), InvalidArgument);
  EXPECT_THROW(nt_xent_uniform_value(0), InvalidArgument);
}

}  // namespace
}  // namespace kindred
