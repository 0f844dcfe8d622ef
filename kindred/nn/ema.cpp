// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/ema.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>

#include <string>
#include <vector>

#include "kindred/core/error.h"

namespace kindred {
namespace {

using Named = torch::OrderedDict<std::string, torch::Tensor>;

// Throws InvalidArgument unless both lists have the same names and shapes in the same order.
void check_alike(const char* who, const Named& a, const Named& b) {
  check(a.size() == b.size(), who, ": expected two networks of one architecture, got ", a.size(), " and ", b.size(),
        " tensors");
  for (size_t i = 0; i < a.size(); ++i) {
    check(a[i].key() == b[i].key(), who, ": expected two networks of one architecture, got \"", a[i].key(),
          "\" beside \"", b[i].key(), "\"");
    check(a[i].value().sizes() == b[i].value().sizes(), who, ": expected \"", a[i].key(), "\" of shape ",
          a[i].value().sizes(), ", got ", b[i].value().sizes());
  }
}

void copy_all(const char* who, const Named& to, const Named& from) {
  check_alike(who, to, from);
  for (size_t i = 0; i < to.size(); ++i) torch::Tensor(to[i].value()).copy_(from[i].value());
}

}  // namespace

void copy_weights(torch::nn::Module& to, const torch::nn::Module& from) {
  torch::NoGradGuard no_grad;
  copy_all("copy_weights", to.named_parameters(), from.named_parameters());
  copy_all("copy_weights", to.named_buffers(), from.named_buffers());
}

void start_teacher(torch::nn::Module& teacher, const torch::nn::Module& student) {
  copy_weights(teacher, student);
  for (auto& parameter : teacher.parameters()) parameter.set_requires_grad(false);
}

void ema_update(torch::nn::Module& teacher, const torch::nn::Module& student, double momentum) {
  check(momentum >= 0 && momentum <= 1, "ema_update: expected momentum in [0, 1], got ", momentum);
  const auto slow = teacher.named_parameters(), fast = student.named_parameters();
  check_alike("ema_update", slow, fast);
  if (slow.is_empty()) return;
  torch::NoGradGuard no_grad;
  const auto targets = slow.values(), sources = fast.values();
  at::_foreach_mul_(targets, momentum);
  at::_foreach_add_(targets, sources, 1 - momentum);
}

}  // namespace kindred
