// SPDX-License-Identifier: Apache-2.0
// Proves: coefficients, losses and accuracy of scikit-learn; the closed form without features; the same bits on any
// number of threads; float32 within its rounding of float64.
#include "kindred/eval/softmax_regression.h"

#include <gtest/gtest.h>

#include "kindred/eval/labelled.h"
#include "tests/eval/support.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

constexpr LbfgsOptions kTight{.max_iterations = 5000, .gradient_tolerance = 1e-9, .loss_tolerance = 0};

TEST(SoftmaxRegression, ScikitLearnAgrees) {
  const auto item = test::golden_json("eval_oracles.json").at("softmax");
  const auto x = test::rows_of(item["x"], at::kDouble), test_x = test::rows_of(item["test_x"], at::kDouble);
  const auto y = item["y"].get<std::vector<int64_t>>(), test_y = item["test_y"].get<std::vector<int64_t>>();
  for (const auto& expected : item["cases"]) {
    SoftmaxModel model = zero_model(3, 5);
    EXPECT_TRUE(fit_softmax(x, y, expected["l2"], kTight, model).converged);
    double mean_bias = 0;  // adding a number to every bias changes nothing: both are compared centred
    for (size_t c = 0; c < 3; ++c) mean_bias += model.parameters[15 + c] / 3;
    for (size_t c = 0; c < 3; ++c) {
      for (size_t j = 0; j < 5; ++j)
        EXPECT_NEAR(model.parameters[c * 5 + j], expected["weight"][c][j].get<double>(), 1e-5) << expected["l2"];
      EXPECT_NEAR(model.parameters[15 + c] - mean_bias, expected["bias_centred"][c].get<double>(), 1e-5)
          << expected["l2"];
    }
    EXPECT_NEAR(mean_log_loss(model.scores(x), y), expected["train_log_loss"].get<double>(), 1e-7);
    EXPECT_NEAR(mean_log_loss(model.scores(test_x), test_y), expected["test_log_loss"].get<double>(), 1e-6);
    const auto hit = within(ranks_of_truth(model.scores(test_x), test_y), 1);
    EXPECT_DOUBLE_EQ(hit.to(at::kDouble).mean().item<double>(), expected["test_accuracy"].get<double>());
  }
}

TEST(SoftmaxRegression, WithoutFeaturesTheBiasIsTheLogOfTheShares) {
  SoftmaxModel model = zero_model(3, 1);
  const std::vector<int64_t> y{0, 0, 0, 0, 0, 1, 1, 1, 2, 2};
  fit_softmax(at::zeros({10, 1}, at::kDouble), y, 1, kTight, model);
  const auto* bias = model.parameters.data() + 3;
  EXPECT_NEAR(bias[0] - bias[1], std::log(5.0 / 3), 1e-7);
  EXPECT_NEAR(bias[1] - bias[2], std::log(3.0 / 2), 1e-7);
  EXPECT_EQ(model.parameters[0], 0);
}

TEST(SoftmaxRegression, GradientAtTheMinimumIsThatOfTheDefinition) {
  // At the minimum mean_i (p_i - onehot_i) x_i^T + l2 W = 0, formed here by plain loops.
  const auto e = test::blobs(700, 4, 3, 2.0, 1);  // more than one chunk
  const auto x = e.rows.to(at::kDouble);
  std::vector<int64_t> y(e.labels.data_ptr<int64_t>(), e.labels.data_ptr<int64_t>() + 700);
  SoftmaxModel model = zero_model(3, 4);
  fit_softmax(x, y, 0.01, kTight, model);
  std::vector<double> g(12, 0.0);
  for (int64_t i = 0; i < 700; ++i) {
    double z[3], sum = 0;
    for (int64_t c = 0; c < 3; ++c) {
      z[c] = model.parameters[static_cast<size_t>(12 + c)];
      for (int64_t j = 0; j < 4; ++j) z[c] += model.parameters[static_cast<size_t>(c * 4 + j)] * x[i][j].item<double>();
      sum += std::exp(z[c]);
    }
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t j = 0; j < 4; ++j)
        g[static_cast<size_t>(c * 4 + j)] +=
            (std::exp(z[c]) / sum - (y[static_cast<size_t>(i)] == c)) * x[i][j].item<double>() / 700;
  }
  for (size_t p = 0; p < 12; ++p) EXPECT_NEAR(g[p] + 0.01 * model.parameters[p], 0, 1e-8);
}

TEST(SoftmaxRegression, ThreadsDoNotMatter) {
  const auto e = test::blobs(3000, 40, 5, 2.0, 2);
  std::vector<int64_t> y(e.labels.data_ptr<int64_t>(), e.labels.data_ptr<int64_t>() + 3000);
  const auto fit = [&](int threads, const at::Tensor& x) {
    return test::with_threads(threads, [&] {
      SoftmaxModel model = zero_model(5, 40);
      fit_softmax(x, y, 1e-3, {.max_iterations = 30}, model);
      return model.parameters;
    });
  };
  EXPECT_EQ(fit(1, e.rows), fit(2, e.rows));
  EXPECT_EQ(fit(2, e.rows), fit(3, e.rows));
  const auto small = e.rows.narrow(0, 0, 100).to(at::kDouble).contiguous();
  y.resize(100);
  EXPECT_EQ(fit(1, small), fit(2, small));
}

TEST(SoftmaxRegression, FloatIsCloseToDouble) {
  const auto e = test::blobs(2000, 30, 4, 2.0, 3);
  std::vector<int64_t> y(e.labels.data_ptr<int64_t>(), e.labels.data_ptr<int64_t>() + 2000);
  SoftmaxModel a = zero_model(4, 30), b = a;
  EXPECT_TRUE(fit_softmax(e.rows, y, 1e-3, {.max_iterations = 500, .gradient_tolerance = 1e-6, .loss_tolerance = 0}, a)
                  .converged);
  EXPECT_TRUE(fit_softmax(e.rows.to(at::kDouble), y, 1e-3, kTight, b).converged);
  // |g| <= 1e-6 and curvature at least l2 = 1e-3: within 1e-3, in fact closer.
  for (size_t i = 0; i < a.parameters.size() - 4; ++i) EXPECT_NEAR(a.parameters[i], b.parameters[i], 1e-3);
  EXPECT_NEAR(mean_log_loss(a.scores(e.rows), y), mean_log_loss(b.scores(e.rows.to(at::kDouble)), y), 1e-6);
}

}  // namespace
}  // namespace kindred
