// SPDX-License-Identifier: Apache-2.0
// Proves: the average moves parameters by exactly (1 - m), leaves buffers and the student alone; copies copy all.
#include "kindred/nn/ema.h"

#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

TEST(Ema, MovesParametersByOneMinusM) {
  const auto student = test::make_encoder("convnet", {1, 8, 8}, "width = 2", 1),
             teacher = test::make_encoder("convnet", {1, 8, 8}, "width = 2", 2);
  const auto start = test::make_encoder("convnet", {1, 8, 8}, "width = 2", 2),
             kept = test::make_encoder("convnet", {1, 8, 8}, "width = 2", 1);
  student->to(torch::kFloat64), teacher->to(torch::kFloat64), start->to(torch::kFloat64), kept->to(torch::kFloat64);
  ema_update(*teacher, *student, 0.9);
  for (const auto& item : teacher->named_parameters()) {
    const auto expected = start->named_parameters()[item.key()] * 0.9 + student->named_parameters()[item.key()] * 0.1;
    EXPECT_LT((item.value() - expected).abs().max().item<double>(), 1e-15) << item.key();
    EXPECT_TRUE(item.value().is_leaf() && item.value().requires_grad());
    EXPECT_TRUE(torch::equal(student->named_parameters()[item.key()], kept->named_parameters()[item.key()]))
        << item.key();
  }
}

TEST(Ema, EndpointsAreExact) {
  const auto student = test::make_encoder("mlp", {3}, "hidden = [4]", 1),
             teacher = test::make_encoder("mlp", {3}, "hidden = [4]", 2);
  const auto before = teacher->parameters()[0].detach().clone();
  ema_update(*teacher, *student, 1);
  EXPECT_TRUE(torch::equal(teacher->parameters()[0].detach(), before));
  ema_update(*teacher, *student, 0);
  EXPECT_TRUE(torch::equal(teacher->parameters()[0], student->parameters()[0]));
}

TEST(Ema, LeavesRunningStatisticsToTheTeacher) {
  const auto student = test::make_encoder("mlp", {3}, "hidden = [4]"),
             teacher = test::make_encoder("mlp", {3}, "hidden = [4]");
  student->forward(test::normal_tensor({8, 3}, 1));
  ema_update(*teacher, *student, 0.5);
  EXPECT_EQ(teacher->named_buffers()["bn1.running_mean"].abs().sum().item<float>(), 0);
  copy_weights(*teacher, *student);
  for (const auto& [name, tensor] : test::all_tensors(*student)) {
    const auto theirs = test::all_tensors(*teacher);
    const auto found = std::find_if(theirs.begin(), theirs.end(), [&](const auto& item) { return item.first == name; });
    EXPECT_TRUE(torch::equal(found->second, tensor)) << name;
  }
}

TEST(Ema, ATeacherStartsEqualAndAsksForNoGradient) {
  const auto student = test::make_encoder("mlp", {3}, "hidden = [4]", 1),
             teacher = test::make_encoder("mlp", {3}, "hidden = [4]", 2);
  student->forward(test::normal_tensor({8, 3}, 1));
  start_teacher(*teacher, *student);
  for (const auto& [name, tensor] : test::all_tensors(*teacher)) {
    EXPECT_FALSE(tensor.requires_grad()) << name;
    EXPECT_TRUE(torch::equal(tensor, student->named_parameters().contains(name) ? student->named_parameters()[name]
                                                                                : student->named_buffers()[name]))
        << name;
  }
  ema_update(*teacher, *student, 0.5);
  for (const auto& parameter : student->parameters()) EXPECT_TRUE(parameter.requires_grad());
}

TEST(Ema, RefusesOtherArchitecturesAndMomenta) {
  const auto a = test::make_encoder("mlp", {3}, "hidden = [4]"), b = test::make_encoder("mlp", {3}, "hidden = [5]"),
             c = test::make_encoder("mlp", {3}, "hidden = [4, 4]"), d = test::make_encoder("convnet", {3, 8, 8});
  EXPECT_THROW(ema_update(*a, *b, 0.5), InvalidArgument);
  EXPECT_THROW(ema_update(*a, *c, 0.5), InvalidArgument);
  EXPECT_THROW(copy_weights(*a, *d), InvalidArgument);
  EXPECT_THROW(ema_update(*a, *a, 1.5), InvalidArgument);
}

}  // namespace
}  // namespace kindred
