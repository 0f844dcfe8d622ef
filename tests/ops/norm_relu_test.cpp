// SPDX-License-Identifier: Apache-2.0
// Proves: the kernels' batch norm with ReLU is torch's own operations, one after the other (value, statistics, every gradient),
// for rows and images, in any layout, with and without ReLU and the addition; gradients against differences in double; gradients
// of gradients; the same bits with one thread and with two.
#include "kindred/ops/norm_relu.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

constexpr double kEps = 1e-5;

struct NormInputs {
  at::Tensor x, weight, bias, added;
};
// shape: of x; channels with means and sizes of their own.
NormInputs norm_inputs(std::vector<int64_t> shape, at::ScalarType type) {
  const int64_t c = shape[1], b = shape[0], rest = shape.size() == 4 ? shape[2] * shape[3] : 1;
  const auto numbers = [&](uint64_t seed) { return test::random_rows(b, c * rest, seed).view(shape); };
  const at::Tensor w = test::random_rows(1, c, 1)[0], v = test::random_rows(1, c, 2)[0];
  std::vector<int64_t> columns(shape.size(), 1);
  columns[1] = c;
  const at::Tensor x = numbers(3) * (1 + v.abs()).view(columns) + 3 * w.view(columns);
  return {x.to(type), (w + 1.5).to(type), v.to(type), numbers(4).to(type)};
}

struct NormOutcome {
  at::Tensor y, mean, variance;
  std::vector<at::Tensor> gradients;
};
using NormFunction = decltype(&norm_relu);
NormOutcome outcome(NormFunction f, const NormInputs& in, bool relu, bool with_added) {
  std::vector<at::Tensor> inputs{in.x, in.weight, in.bias};
  if (with_added) inputs.push_back(in.added);
  for (auto& t : inputs) t = t.detach().requires_grad_();
  NormOutcome out{{}, at::empty({in.x.size(1)}, in.x.options()), at::empty({in.x.size(1)}, in.x.options()), {}};
  out.y = f(inputs[0], inputs[1], inputs[2], with_added ? inputs[3] : at::Tensor(), kEps, relu, out.mean, out.variance);
  (out.y * (in.x * 1.7).cos()).sum().backward();
  for (auto& t : inputs) out.gradients.push_back(t.grad());
  return out;
}

double norm_gap(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b).norm() / (b.norm() + 1e-3)).item<double>();
}

TEST(NormRelu, IsTorchsOperationsInARow) {
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{9, 5}, {300, 33}, {4, 6, 3, 5}, {3, 64, 9, 11}, {8, 3, 1, 1}})
    for (const bool relu : {false, true})
      for (const bool added : {false, true}) {
        const NormInputs wide = norm_inputs(shape, at::kDouble), narrow = norm_inputs(shape, at::kFloat);
        const NormOutcome want = outcome(norm_relu_composite, wide, relu, added);
        for (const bool exact : {false, true}) {
          SCOPED_TRACE(testing::Message()
                       << at::IntArrayRef(shape) << " relu " << relu << " added " << added << " double " << exact);
          const NormOutcome got = outcome(norm_relu, exact ? wide : narrow, relu, added);
          const double tolerance = exact ? 1e-12 : 2e-5;  // ReLU's kink may fall between a float and its double
          EXPECT_LT(norm_gap(got.y, want.y), tolerance);
          EXPECT_LT(norm_gap(got.mean, want.mean), tolerance);
          EXPECT_LT(norm_gap(got.variance, want.variance), tolerance);
          for (size_t i = 0; i < want.gradients.size(); ++i)
            EXPECT_LT(norm_gap(got.gradients[i], want.gradients[i]), 10 * tolerance) << i;
        }
      }
}

TEST(NormRelu, GradientsAreThoseOfDifferences) {
  const NormInputs in = norm_inputs({3, 2, 2, 2}, at::kDouble);
  const auto f = [](const std::vector<at::Tensor>& v) {
    const at::Tensor mean = at::empty({2}, v[0].options().requires_grad(false)), variance = at::empty_like(mean);
    const at::Tensor y = norm_relu(v[0], v[1], v[2], v[3], kEps, true, mean, variance);
    return (y.square() + 0.3 * y).sum();
  };
  test::expect_gradients(f, {in.x, in.weight, in.bias, in.added}, "norm_relu");
}

TEST(NormRelu, GradientsHaveGradients) {
  const NormInputs in = norm_inputs({5, 3}, at::kDouble);
  const auto second = [&](NormFunction f) {
    const at::Tensor x = in.x.detach().requires_grad_(), w = in.weight.detach().requires_grad_();
    const at::Tensor mean = at::empty({3}, in.x.options()), variance = at::empty_like(mean);
    const at::Tensor y = f(x, w, in.bias, in.added, kEps, true, mean, variance);
    const auto first = torch::autograd::grad({y.pow(3).sum()}, {x}, {}, true, true)[0];
    return torch::autograd::grad({first.square().sum()}, {x, w});
  };
  const auto got = second(norm_relu), want = second(norm_relu_composite);
  for (size_t i = 0; i < want.size(); ++i) EXPECT_LT(norm_gap(got[i], want[i]), 1e-10) << i;
}

TEST(NormRelu, TakesAnyLayoutAndThreadCount) {
  NormInputs in = norm_inputs({16, 24, 13, 7}, at::kFloat);
  const NormOutcome plain = outcome(norm_relu, in, true, true);
  in.x = in.x.contiguous(at::MemoryFormat::ChannelsLast);
  in.added = in.added.permute({0, 1, 3, 2}).contiguous().permute({0, 1, 3, 2});
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  const NormOutcome other = outcome(norm_relu, in, true, true);
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(plain.y, other.y) && torch::equal(plain.mean, other.mean));
  for (size_t i = 0; i < plain.gradients.size(); ++i)
    EXPECT_TRUE(torch::equal(plain.gradients[i], other.gradients[i])) << i;
  EXPECT_TRUE(plain.y.is_contiguous(at::MemoryFormat::ChannelsLast));
}

TEST(NormRelu, ALargeMeanCostsNoDigits) {  // 4096 + {-1, 1}: variance 1
  at::Tensor x = torch::full({512, 20}, 4096.0f);
  x.slice(0, 0, 512, 2) += 1, x.slice(0, 1, 512, 2) -= 1;
  const at::Tensor one = torch::ones({20}), mean = at::empty({20}), variance = at::empty({20});
  const at::Tensor y = norm_relu(x, one, torch::zeros({20}), {}, 0, false, mean, variance);
  EXPECT_TRUE(torch::equal(mean, torch::full({20}, 4096.0f)));
  EXPECT_LT((y - (x - 4096)).abs().max().item<double>(), 1e-6);
}

}  // namespace
}  // namespace kindred
