// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector with the gradients of scale and bias; masks by id in loops; no overflow.
#include "kindred/losses/siglip.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Siglip, SharedVector) {
  test::expect_vector("siglip.json", "init", [](const test::Tensors& x) {
    return siglip(x.at("a"), x.at("b"), x.at("t"), x.at("bias"), {}, {});
  });
}

TEST(Siglip, OptionsStandInForTheTrainedScalars) {
  const at::Tensor a = test::random_rows(4, 3, 1), b = test::random_rows(4, 3, 2);
  const at::Tensor t = torch::tensor(std::log(10.0), torch::kFloat64), bias = torch::tensor(-10.0, torch::kFloat64);
  EXPECT_NEAR(siglip(a, b).item<double>(), siglip(a, b, t, bias, {}, {}).item<double>(), 1e-12);
}

TEST(Siglip, MasksByIdInLoops) {
  const at::Tensor a = test::random_rows(4, 3, 3), b = test::random_rows(4, 3, 4);
  const std::vector<int> ids{1, 2, 1, 3};
  const auto x = test::rows_of(a), y = test::rows_of(b);
  double sum = 0;
  for (size_t i = 0; i < 4; ++i)
    for (size_t j = 0; j < 4; ++j) {
      const double l = test::cosine(x[i], y[j]) / 0.5 - 1;
      if (i == j) sum += std::log1p(std::exp(-l)) / 4;
      else if (ids[i] != ids[j]) sum += std::log1p(std::exp(l)) / 4;
    }
  EXPECT_NEAR(siglip(a, b, {}, {}, torch::tensor(ids), {.temperature = 0.5, .bias = -1}).item<double>(), sum, 1e-12);
}

TEST(Siglip, ColdLogitsStayFinite) {
  const at::Tensor a = test::random_rows(4, 3, 5).to(torch::kFloat32);
  EXPECT_NEAR(siglip(a, -a, {.temperature = 0.001, .bias = 0}).item<double>(),
              siglip(a.to(torch::kFloat64), -a.to(torch::kFloat64), {.temperature = 0.001, .bias = 0}).item<double>(),
              1);
}

}  // namespace
}  // namespace kindred
