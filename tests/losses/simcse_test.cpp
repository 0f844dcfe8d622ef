// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; without hard negatives it is InfoNCE; the own hard negative's weight in loops.
#include "kindred/losses/simcse.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/losses/info_nce.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Simcse, SharedVector) {
  test::expect_vector("simcse.json", "supervised_hard_negative",
                      [](const test::Tensors& x) { return simcse(x.at("z1"), x.at("z2"), x.at("z3"), {}, {}); });
}

TEST(Simcse, UnsupervisedIsInfoNce) {
  const at::Tensor a = test::random_rows(4, 3, 1), b = test::random_rows(4, 3, 2);
  EXPECT_NEAR(simcse(a, b).item<double>(), info_nce(a, b, {.temperature = 0.05}).item<double>(), 1e-12);
}

TEST(Simcse, WeightsAndIdsInLoops) {
  const at::Tensor a = test::random_rows(4, 3, 3), b = test::random_rows(4, 3, 4), c = test::random_rows(4, 3, 5);
  const std::vector<int> ids{1, 2, 1, 3};
  const auto x = test::rows_of(a), y = test::rows_of(b), h = test::rows_of(c);
  double sum = 0;
  for (size_t i = 0; i < 4; ++i) {
    std::vector<double> below{test::cosine(x[i], y[i]) / 0.2, test::cosine(x[i], h[i]) / 0.2 + std::log(3)};
    for (size_t j = 0; j < 4; ++j)
      if (ids[i] != ids[j])
        below.push_back(test::cosine(x[i], y[j]) / 0.2), below.push_back(test::cosine(x[i], h[j]) / 0.2);
    sum += (test::lse(below) - below[0]) / 4;
  }
  EXPECT_NEAR(simcse(a, b, c, torch::tensor(ids), {.temperature = 0.2, .hard_weight = 3}).item<double>(), sum, 1e-12);
}

}  // namespace
}  // namespace kindred
