// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; the centre; more student views than teacher views, in loops.
#include "kindred/losses/dino.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

at::Tensor matrix(std::vector<double> v) { return torch::tensor(v, torch::kFloat64).view({2, 3}); }

TEST(Dino, SharedVector) {
  // The teacher's outputs stand among the options of the case.
  test::expect_vector("dino.json", "two_global_crops", [](const test::Tensors& x) {
    const auto type = x.at("s1").scalar_type();
    return dino({x.at("s1"), x.at("s2")},
                {matrix({0.2, -0.1, 0.4, 0.0, 0.3, -0.2}).to(type), matrix({0.1, 0.0, 0.3, 0.2, 0.2, -0.1}).to(type)},
                {});
  });
}

std::vector<double> softmax(std::vector<double> x, double t) {
  for (auto& v : x) v /= t;
  const double all = test::lse(x);
  for (auto& v : x) v = std::exp(v - all);
  return x;
}

TEST(Dino, LocalCropsAndCentre) {
  std::vector<at::Tensor> student, teacher;
  for (uint64_t v = 0; v < 4; ++v) student.push_back(test::random_rows(3, 5, v));
  for (uint64_t v = 0; v < 2; ++v) teacher.push_back(test::random_rows(3, 5, 10 + v));
  const at::Tensor center = test::random_rows(1, 5, 20).view({5});
  double sum = 0;
  for (size_t t = 0; t < 2; ++t)
    for (size_t v = 0; v < 4; ++v) {
      if (t == v) continue;
      const auto g = test::rows_of(teacher[t] - center), s = test::rows_of(student[v]);
      for (size_t i = 0; i < 3; ++i) {
        const auto p = softmax(g[i], 0.04), q = softmax(s[i], 0.1);
        for (size_t k = 0; k < 5; ++k) sum -= p[k] * std::log(q[k]) / (3 * 6);
      }
    }
  EXPECT_NEAR(dino(student, teacher, center).item<double>(), sum, 1e-9);
}

TEST(Dino, CenterIsARunningMean) {
  const at::Tensor a = torch::ones({2, 3}, torch::kFloat64), b = 3 * a, c = torch::full({3}, 10.0, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(dino_center(c, {a, b}), torch::full({3}, 9.2, torch::kFloat64)));
  EXPECT_TRUE(torch::allclose(dino_center({}, {a, b}), torch::full({3}, 0.2, torch::kFloat64)));
  EXPECT_THROW(dino_center(torch::ones({2}, torch::kFloat64), {a}), InvalidArgument);
}

TEST(Dino, Refusals) {
  const at::Tensor a = test::random_rows(2, 3, 1);
  EXPECT_THROW(dino({a}, {a}, {}), InvalidArgument);
  EXPECT_THROW(dino({a, a}, {}, {}), InvalidArgument);
  EXPECT_THROW(dino({a, a}, {test::random_rows(2, 4, 1)}, {}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
