// SPDX-License-Identifier: Apache-2.0
// Proves for every row of the registry that has an `impl` option, with ids that repeat where the loss takes ids, at every choice
// and switch of its other options, below one tile of rows and beyond: fused and composite agree in value and all gradients, in
// float32 and in double; what ran is what was asked for; the fused one gives the same bits on 1, 2 and 3 threads, and takes rows
// and columns that lie apart; memory grows as the rows and not as the pairs. And that what the fused version cannot do is refused
// in one line.
//
// Tolerance, of the largest entry: 1e-4 (float32), 1e-9 (double).
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "kindred/core/error.h"
#include "kindred/losses/registry.h"
#include "kindred/ops/implementation.h"
#include "kindred/ops/peak_memory.h"
#include "tests/losses/registry_inputs.h"

namespace kindred {
namespace {

std::vector<size_t> rows_with_implementations() {
  std::vector<size_t> out;
  for (size_t i = 0; i < loss_rows().size(); ++i)
    if (find_field(loss_rows()[i].recipe()->fields(), "impl") != nullptr) out.push_back(i);
  return out;
}

// The value and the gradients of all leaves.
struct LossResult {
  at::Tensor value;
  std::vector<at::Tensor> gradients;
};

class FusedLoss : public testing::TestWithParam<size_t> {
 protected:
  const LossRow& row() const { return loss_rows()[GetParam()]; }

  // n rows of d; ids 0 ... 5 again and again, of one label each. Every optional member that changes what is computed.
  LossInputs inputs(int64_t n, int64_t d, bool everything) const {
    LossInputs in = test::case_inputs(row().name, n, d, 11);
    if (!everything) return in;
    const bool queue = row().name == "info_nce" || row().name == "mi_bound";
    if (test::reads(row().name, "ids")) in.ids = torch::arange(n).remainder(6);
    if (queue) in.queue = test::case_inputs(row().name, 300, d, 12).views[0];
    if (queue && in.ids.defined()) in.queue_ids = torch::arange(300).remainder(7);
    if (queue || row().name == "siglip") in.logit_scale = torch::tensor(1.5, torch::kFloat64);
    if (row().name == "siglip") in.bias = torch::tensor(-2.5, torch::kFloat64);
    return in;
  }

  // The options at their defaults but for impl and one other: its next choice, or the switch turned.
  LossResult result(const LossInputs& in, const std::string& impl, size_t changed) const {
    const auto recipe = row().recipe();
    const auto fields = recipe->fields();
    test::small_options(fields);
    if (changed < fields.size()) change(fields[changed], in);
    *std::get<std::string*>(find_field(fields, "impl")->value) = impl;
    LossResult out{recipe->make(in), {}};
    out.value.backward();
    for (const auto& leaf : test::leaves_of(in))
      out.gradients.push_back(leaf.grad().defined() ? leaf.grad() : torch::zeros_like(leaf));
    return out;
  }
  static constexpr size_t kDefaults = 1000;

  // Fields that change() can change. Options of relations may be no division into groups; mined pairs are dense.
  std::vector<size_t> changeable() const {
    std::vector<size_t> out{kDefaults};
    const auto recipe = row().recipe();
    const auto fields = recipe->fields();
    for (size_t i = 0; i < fields.size(); ++i) {
      const bool flag = std::holds_alternative<bool*>(fields[i].value), choice = fields[i].choices.size() > 1;
      const bool dense = fields[i].name.starts_with("relation.") || fields[i].name.starts_with("miner.");
      if ((flag || choice) && fields[i].name != "impl" && !dense) out.push_back(i);
    }
    return out;
  }

 private:
  static void change(const Field& field, const LossInputs& in) {
    if (field.name == "direction" && in.queue.defined()) return;  // a queue goes one way
    if (auto* const* flag = std::get_if<bool*>(&field.value)) **flag = !**flag;
    if (auto* const* word = std::get_if<std::string*>(&field.value))
      **word = field.name == "direction" ? "symmetric"
                                         : field.choices[field.choices.back() == **word ? 0 : field.choices.size() - 1];
  }
};

void expect_near_tensor(const at::Tensor& got, const at::Tensor& want, double tolerance, const std::string& what) {
  const double apart = (got - want).abs().max().item<double>(), size = want.abs().max().item<double>();
  EXPECT_LE(apart, tolerance * size + 1e-30) << what << ": " << apart << " apart of " << size;
}

TEST_P(FusedLoss, AgreesWithTheComposite) {
  for (const auto& [n, d] : std::vector<std::pair<int64_t, int64_t>>{{5, 3}, {37, 16}, {250, 19}})
    for (const bool everything : {false, true})
      for (const size_t changed : changeable())
        for (const auto type : {torch::kFloat64, torch::kFloat32}) {
          SCOPED_TRACE(testing::Message() << n << " x " << d << (everything ? ", all inputs" : "") << ", option "
                                          << changed << ", " << type);
          const LossInputs in = inputs(n, d, everything);
          const LossResult want = result(test::as_type(in, type), "composite", changed);
          ASSERT_EQ(last_implementation(), Implementation::kComposite);
          const LossResult got = result(test::as_type(in, type), "fused", changed);
          ASSERT_EQ(last_implementation(), Implementation::kFused);
          const double tolerance = type == torch::kFloat32 ? 1e-4 : 1e-9;
          expect_near_tensor(got.value, want.value, tolerance, "value");
          ASSERT_EQ(got.gradients.size(), want.gradients.size());
          for (size_t i = 0; i < want.gradients.size(); ++i)
            expect_near_tensor(got.gradients[i], want.gradients[i], tolerance, "gradient " + std::to_string(i));
        }
}

TEST_P(FusedLoss, RunsUnlessToldOtherwise) {
  const LossInputs in = test::as_type(inputs(12, 4, false), torch::kFloat32);
  result(in, "composite", kDefaults);
  EXPECT_EQ(last_implementation(), Implementation::kComposite);
  result(in, "auto", kDefaults);
  EXPECT_EQ(last_implementation(), Implementation::kFused);
}

TEST_P(FusedLoss, GivesTheSameBitsOnAnyNumberOfThreads) {
  const int before = at::get_num_threads();
  for (const bool everything : {false, true}) {
    LossResult first;
    for (const int threads : {1, 2, 3}) {
      at::set_num_threads(threads);
      const LossResult got = result(test::as_type(inputs(300, 24, everything), torch::kFloat32), "fused", kDefaults);
      if (threads == 1) first = got;
      EXPECT_TRUE(torch::equal(got.value, first.value)) << threads << " threads";
      for (size_t i = 0; i < got.gradients.size(); ++i)
        EXPECT_TRUE(torch::equal(got.gradients[i], first.gradients[i])) << threads << " threads, gradient " << i;
    }
  }
  at::set_num_threads(before);
}

TEST_P(FusedLoss, TakesRowsAndColumnsThatLieApart) {
  const LossInputs in = inputs(41, 10, true);
  const auto with = [&](const std::function<at::Tensor(const at::Tensor&)>& laid) {
    const LossInputs leaves = test::as_type(in, torch::kFloat64);
    LossInputs moved = test::mapped(leaves, laid);
    const auto recipe = row().recipe();
    test::small_options(recipe->fields());
    *std::get<std::string*>(find_field(recipe->fields(), "impl")->value) = "fused";
    LossResult out{recipe->make(moved), {}};
    out.value.backward();
    for (const auto& leaf : test::leaves_of(leaves)) out.gradients.push_back(leaf.grad());
    return out;
  };
  const LossResult want = with([](const at::Tensor& x) { return x; });
  for (const bool columns : {false, true}) {
    const LossResult got = with([columns](const at::Tensor& x) {
      return columns ? x.t().contiguous().t() : torch::cat({x, x.detach() + 1}, 1).narrow(1, 0, x.size(1));
    });
    expect_near_tensor(got.value, want.value, 1e-12, "value");
    for (size_t i = 0; i < want.gradients.size(); ++i)
      if (want.gradients[i].defined())
        expect_near_tensor(got.gradients[i], want.gradients[i], 1e-12, "gradient " + std::to_string(i));
  }
}

// Forward and backward of 4 n rows take at most little more than twice what 2 n rows take, and a fraction of one matrix of pairs.
TEST_P(FusedLoss, NeedsMemoryForRowsAndNotForPairs) {
  constexpr std::string_view kMixes = "mochi";  // its mixtures are drawn from a dense product with the queue
  if (row().name == kMixes)
    GTEST_SKIP() << "mochi draws its mixtures from a dense product with the queue, so it needs that matrix";
  constexpr int64_t kRows = 1500, kDims = 16;
  const auto peak = [&](int64_t n) {
    const LossInputs in = test::as_type(inputs(n, kDims, false), torch::kFloat32);
    const PeakMemory memory;
    result(in, "fused", kDefaults);
    return static_cast<double>(memory.bytes());
  };
  const double few = peak(kRows), many = peak(2 * kRows);
  EXPECT_LT(many, 2.3 * few);
  EXPECT_LT(many, 4.0 * (2 * kRows) * (2 * kRows) / 4);
}

std::string fused_loss_name(const testing::TestParamInfo<size_t>& info) {
  return std::string(loss_rows()[info.param].name);
}
INSTANTIATE_TEST_SUITE_P(Registry, FusedLoss, testing::ValuesIn(rows_with_implementations()), fused_loss_name);

// option: set to value, where there is one.
std::string fused_refusal_of(std::string_view loss, const LossInputs& in, std::string_view option = "",
                             const std::string& value = "") {
  const auto recipe = find_loss(loss).recipe();
  if (!option.empty()) *std::get<std::string*>(find_field(recipe->fields(), option)->value) = value;
  *std::get<std::string*>(find_field(recipe->fields(), "impl")->value) = "fused";
  try {
    recipe->make(in);
  } catch (const InvalidArgument& e) {
    return e.what();
  }
  return "";
}

TEST(FusedLosses, RefuseInOneLineWhatTheyCannotDo) {
  LossInputs scores = test::case_inputs("sup_con", 8, 4, 1);
  scores.labels = at::Tensor();
  scores.scores = torch::arange(8, torch::kFloat64);
  EXPECT_EQ(fused_refusal_of("sup_con", scores),
            "sup_con: expected inputs that impl = fused takes, got a relation that is no division into groups");
  LossInputs pairs = scores;
  EXPECT_EQ(fused_refusal_of("nt_xent", pairs),
            "nt_xent: expected inputs that impl = fused takes, got any number of positives");
  EXPECT_EQ(fused_refusal_of("binary_nce", scores),
            "binary_nce: expected inputs that impl = fused takes, got a relation that is no division into groups");
  EXPECT_EQ(fused_refusal_of("binary_nce", test::case_inputs("binary_nce", 8, 4, 1), "miner.kind", "hard"),
            "binary_nce: expected inputs that impl = fused takes, got mined pairs");
  for (const std::string loss : {"vicreg", "barlow_twins"})
    EXPECT_EQ(fused_refusal_of(loss, test::case_inputs(loss, 4, 8, 1)),
              loss +
                  ": expected inputs that impl = fused takes, got more columns than rows (the composite works on the "
                  "smaller product)");
}

TEST(FusedLosses, AreComposedWhereTheFusedOneIsRefused) {
  LossInputs in = test::case_inputs("sup_con", 8, 4, 1);
  in.labels = at::Tensor();
  in.scores = torch::arange(8, torch::kFloat64).floor_divide(2);
  find_loss("sup_con").recipe()->make(in);
  EXPECT_EQ(last_implementation(), Implementation::kComposite);
}

TEST(FusedLosses, AreTheseRows) {
  std::vector<std::string_view> names;
  for (const size_t i : rows_with_implementations()) names.push_back(loss_rows()[i].name);
  const std::vector<std::string_view> wanted{"align_uniform", "barlow_twins",  "binary_nce", "cmc",      "debiased",
                                             "decoupled",     "hard_negative", "info_nce",   "mi_bound", "mochi",
                                             "n_pair",        "nnclr",         "nt_xent",    "siglip",   "simcse",
                                             "sup_con",       "vicreg"};
  EXPECT_EQ(names, wanted);
}

}  // namespace
}  // namespace kindred
