// SPDX-License-Identifier: Apache-2.0
#include "tests/support/vectors.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <nlohmann/json.hpp>

#include "tests/support/golden.h"

namespace kindred::test {
namespace {

void flatten(const nlohmann::json& value, size_t depth, std::vector<int64_t>& sizes, std::vector<double>& numbers) {
  if (!value.is_array()) return numbers.push_back(value.get<double>());
  if (sizes.size() == depth) sizes.push_back(static_cast<int64_t>(value.size()));
  for (const auto& item : value) flatten(item, depth + 1, sizes, numbers);
}

at::Tensor tensor_of(const nlohmann::json& value) {
  std::vector<int64_t> sizes;
  std::vector<double> numbers;
  flatten(value, 0, sizes, numbers);
  return torch::tensor(numbers, torch::kFloat64).reshape(sizes);
}

// "y" is a label where it is a list, and a view where it is a matrix.
bool is_index(const std::string& name, int64_t dim) {
  return name == "lab" || name == "mask" || (name == "y" && dim == 1);
}

void expect_near(const at::Tensor& got, const at::Tensor& want, double relative, double absolute,
                 const std::string& what) {
  ASSERT_EQ(got.sizes(), want.sizes()) << what;
  const double scale = want.numel() == 0 ? 0 : want.abs().max().item<double>();
  const double apart = want.numel() == 0 ? 0 : (got.to(torch::kFloat64) - want).abs().max().item<double>();
  EXPECT_LE(apart, std::max(relative * scale, absolute)) << what << "\ngot " << got << "\nwant " << want;
}

void compare(const VectorCase& c, const VectorLoss& loss, torch::Dtype dtype, double relative, double absolute,
             const std::string& what) {
  Tensors leaves;
  for (const auto& [name, input] : c.inputs) {
    leaves[name] = is_index(name, input.dim()) ? input : input.to(dtype);
    if (c.gradients.contains(name)) leaves[name] = leaves[name].detach().clone().requires_grad_();
  }
  const at::Tensor value = loss(leaves);
  EXPECT_EQ(value.dim(), 0) << what;
  expect_near(value.detach(), torch::tensor(c.value, torch::kFloat64), relative, absolute, what + ", value");
  if (c.gradients.empty()) return;
  value.backward();
  for (const auto& [name, want] : c.gradients) {
    const at::Tensor got = leaves[name].grad();
    ASSERT_TRUE(got.defined()) << what << ", no gradient of " << name;
    expect_near(got, want, relative, absolute, what + ", gradient of " + name);
  }
}

}  // namespace

VectorCase vector_case(const std::string& file, const std::string& name) {
  const auto item = golden_case("vectors/" + file, name);
  VectorCase out;
  for (const auto& [key, value] : item.at("inputs").items()) {
    const at::Tensor x = tensor_of(value);
    out.inputs[key] = is_index(key, x.dim()) ? x.to(torch::kLong) : x;
  }
  for (const auto& [key, value] : item.at("expected_gradient").items()) out.gradients[key] = tensor_of(value);
  out.value = item.at("expected_value").get<double>();
  return out;
}

void expect_vector(const std::string& file, const std::string& name, const VectorLoss& loss, double float_tolerance) {
  const VectorCase c = vector_case(file, name);
  compare(c, loss, torch::kFloat64, 1e-6, 1e-9, file + " " + name + " in float64");
  compare(c, loss, torch::kFloat32, float_tolerance, 1e-6, file + " " + name + " in float32");
}

}  // namespace kindred::test
