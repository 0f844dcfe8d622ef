// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/dino.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>

#include "kindred/losses/rows.h"

namespace kindred {
namespace {

at::Tensor checked_center(const at::Tensor& center, const at::Tensor& like) {
  check(center.numel() == like.size(1), "dino: expected a center of ", like.size(1), " numbers, got shape ",
        center.sizes());
  return checked_values(center, "dino", "center").detach().reshape({1, -1}).to(like.scalar_type());
}

}  // namespace

at::Tensor dino(const std::vector<at::Tensor>& student, const std::vector<at::Tensor>& teacher,
                const at::Tensor& center, const DinoOptions& options) {
  check_options(options, "dino");
  check(student.size() >= 2 && !teacher.empty() && teacher.size() <= student.size(),
        "dino: expected at least 2 student ", "views and 1 to as many teacher views, got ", student.size(), " and ",
        teacher.size());
  std::vector<at::Tensor> predictions;  // log softmax of each student view
  for (const auto& view : student) {
    const at::Tensor g = checked_rows(view, "dino", "student view");
    predictions.push_back((g / options.student_temperature).log_softmax(1));
    check_alike(predictions.front(), predictions.back(), "dino", "the first student view", "student view");
  }
  at::Tensor loss;
  for (size_t t = 0; t < teacher.size(); ++t) {
    at::Tensor g = checked_rows(teacher[t], "dino", "teacher view").detach();
    check_alike(predictions.front(), g, "dino", "the first student view", "teacher view");
    if (center.defined()) g = g - checked_center(center, g);
    const at::Tensor target = (g / options.teacher_temperature).softmax(1);
    for (size_t v = 0; v < predictions.size(); ++v) {
      if (v == t) continue;
      const at::Tensor term = -(target * predictions[v]).sum(1).mean();
      loss = loss.defined() ? loss + term : term;
    }
  }
  return loss / static_cast<double>(teacher.size() * (predictions.size() - 1));
}

at::Tensor dino_center(const at::Tensor& center, const std::vector<at::Tensor>& teacher, double momentum) {
  check(!teacher.empty() && momentum >= 0 && momentum <= 1, "dino: expected teacher views and momentum in [0, 1], got ",
        teacher.size(), " and ", momentum);
  const at::Tensor mean = checked_rows(at::cat(teacher), "dino", "teacher views").detach().mean(0);
  if (!center.defined()) return (1 - momentum) * mean;
  return momentum * checked_center(center, mean.unsqueeze(0)).reshape({-1}) + (1 - momentum) * mean;
}

}  // namespace kindred
