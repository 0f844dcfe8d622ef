// SPDX-License-Identifier: Apache-2.0
// Proves: the shared vector; what Sinkhorn promises; prototypes, queue and local crops in terms of scores.
#include "kindred/losses/swav.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "tests/losses/slow.h"
#include "tests/support/gradcheck.h"
#include "tests/support/vectors.h"

namespace kindred {
namespace {

TEST(Swav, SharedVector) {
  test::expect_vector("swav.json", "two_crops", [](const test::Tensors& x) {
    return swav_scores({x.at("s1"), x.at("s2")}, {});
  });
}

TEST(Swav, CodesAddUpAndAreBalanced) {
  const at::Tensor scores = test::random_rows(12, 4, 1);
  const at::Tensor codes = sinkhorn(scores, 0.5, 200);
  EXPECT_TRUE(torch::allclose(codes.sum(1), torch::ones({12}, torch::kFloat64)));
  EXPECT_TRUE(torch::allclose(codes.sum(0), torch::full({4}, 3.0, torch::kFloat64), 1e-6, 1e-6));
  EXPECT_TRUE(
      torch::isfinite(sinkhorn(scores.to(torch::kFloat32), 1e-4, 3)).all().item<bool>());  // e^{s / 1e-4} overflows
}

TEST(Swav, SinkhornAsPublished) {
  const at::Tensor s = test::random_rows(5, 3, 2);
  auto q = test::rows_of((s / 0.5).exp());
  for (int round = 0; round < 3; ++round) {
    for (size_t k = 0; k < 3; ++k) {
      double sum = 0;
      for (const auto& row : q) sum += row[k];
      for (auto& row : q) row[k] /= 3 * sum;
    }
    for (auto& row : q) {
      const double sum = row[0] + row[1] + row[2];
      for (auto& v : row) v /= 5 * sum;
    }
  }
  const auto got = test::rows_of(sinkhorn(s, 0.5, 3));
  for (size_t i = 0; i < 5; ++i)
    for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(got[i][k], 5 * q[i][k], 1e-12);
}

TEST(Swav, PrototypesAndQueue) {
  const at::Tensor a = test::random_rows(4, 3, 3), b = test::random_rows(4, 3, 4), queue = test::random_rows(6, 3, 5),
                   c = test::random_rows(5, 3, 6);
  const auto score = [&](const at::Tensor& x) { return (x / x.norm(2, 1, true)).mm((c / c.norm(2, 1, true)).t()); };
  EXPECT_NEAR(swav({a, b}, c, {}).item<double>(), swav_scores({score(a), score(b)}, {}).item<double>(), 1e-12);
  EXPECT_NEAR(swav({a, b}, c, queue).item<double>(), swav_scores({score(a), score(b)}, score(queue)).item<double>(),
              1e-12);
  EXPECT_NE(swav({a, b}, c, queue).item<double>(), swav({a, b}, c, {}).item<double>());
}

TEST(Swav, CodesCarryNoGradient) {
  const at::Tensor a = test::random_rows(4, 3, 10), b = test::random_rows(4, 3, 11);
  const at::Tensor code_a = sinkhorn(a, 0.05, 3), code_b = sinkhorn(b, 0.05, 3);
  const auto whole = [](const std::vector<at::Tensor>& x) { return swav_scores({x[0], x[1]}, {}); };
  const auto still = [&](const std::vector<at::Tensor>& x) {
    return -((code_b * (x[0] / 0.1).log_softmax(1)).sum(1).mean() +
             (code_a * (x[1] / 0.1).log_softmax(1)).sum(1).mean()) /
           2;
  };
  test::expect_gradients(still, {a, b}, "codes held still");
  for (size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(
        torch::allclose(test::gradients_of(whole, {a, b})[i], test::gradients_of(still, {a, b})[i], 1e-9, 1e-12));
}

TEST(Swav, LocalCropsMakeNoCodes) {
  const at::Tensor a = test::random_rows(4, 3, 7), b = test::random_rows(4, 3, 8), l = test::random_rows(4, 3, 9);
  const auto one = [](const at::Tensor& code_of, const at::Tensor& s) {
    return -(sinkhorn(code_of, 0.05, 3) * (s / 0.1).log_softmax(1)).sum(1).mean();
  };
  const double want = (one(a, b) + one(a, l) + one(b, a) + one(b, l)).item<double>() / 4;
  EXPECT_NEAR(swav_scores({a, b, l}, {}).item<double>(), want, 1e-12);
  EXPECT_THROW(swav_scores({a}, {}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
