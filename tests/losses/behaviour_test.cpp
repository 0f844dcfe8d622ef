// SPDX-License-Identifier: Apache-2.0
// Proves the table "At the edges" of docs/losses.md: every loss of the registry has a row, and does in each case what it says.
#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>
#include <map>
#include <sstream>

#include "kindred/core/error.h"
#include "kindred/losses/registry.h"
#include "tests/losses/registry_inputs.h"
#include "tests/support/golden.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

using test::case_inputs;

std::string trimmed(const std::string& s) {
  const auto from = s.find_first_not_of(" `");
  return from == std::string::npos ? "" : s.substr(from, s.find_last_not_of(" `") - from + 1);
}

// loss -> (column -> word)
std::map<std::string, std::map<std::string, std::string>> table() {
  std::ifstream in(test::golden_path("../../docs/losses.md"));
  std::map<std::string, std::map<std::string, std::string>> out;
  std::vector<std::string> columns;
  bool here = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) here = line == "## At the edges";
    if (!here || !line.starts_with("|")) continue;
    std::vector<std::string> cells;
    std::istringstream parts(line.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');) cells.push_back(trimmed(cell));
    if (columns.empty()) columns = cells;
    else if (!cells[0].starts_with("---"))
      for (size_t i = 1; i < columns.size() && i < cells.size(); ++i) out[cells[0]][columns[i]] = cells[i];
  }
  return out;
}

struct Ran {
  double value = 0;
  std::vector<at::Tensor> gradients;
};
Ran run(const std::string& loss, const LossInputs& in, double temperature = 0) {
  const auto recipe = find_loss(loss).recipe();
  const auto fields = recipe->fields();
  test::small_options(fields);
  for (const auto& field : fields) {
    if (temperature > 0 && field.name == "temperature") *std::get<double*>(field.value) = temperature;
    if (in.scores.defined() && field.name == "relation.max_delta") *std::get<double*>(field.value) = 0.5;
    if (in.scores.defined() && field.name == "relation.min_negative_delta") *std::get<double*>(field.value) = 1000;
  }
  Ran out;
  const auto f = [&](const std::vector<at::Tensor>& leaves) {
    const at::Tensor value = recipe->make(test::with_leaves(in, leaves));
    EXPECT_TRUE(value.requires_grad()) << loss << ": no gradient path";
    out.value = value.item<double>();
    return value;
  };
  out.gradients = test::gradients_of(f, test::leaves_of(in));
  return out;
}

double largest(const std::vector<at::Tensor>& x) {
  double out = 0;
  for (const auto& t : x) out = std::max(out, t.abs().max().item<double>());
  return out;
}
bool finite(const Ran& ran) {
  for (const auto& g : ran.gradients)
    if (!torch::isfinite(g).all().item<bool>()) return false;
  return std::isfinite(ran.value);
}

// Every row another class, or every pair in the dead zone, ...
LossInputs no_positives(const std::string& loss) {
  LossInputs in = case_inputs(loss, 5, 3, 1);
  if (loss == "nt_xent") in.views.pop_back();
  for (auto& view : in.views) view *= 0.3;  // some rows nearer than the margins of raw rows
  in.labels = torch::arange(5);
  return in;
}
LossInputs one_class(const std::string& loss) {
  LossInputs in = no_positives(loss);
  in.labels = torch::zeros({5}, torch::kLong);
  if (in.prototypes.defined()) in.prototypes = in.prototypes.slice(0, 0, 1);
  return in;
}
// Rows 0 and 1 are nearly the same instance; its id says so.
LossInputs same_id(const std::string& loss, bool told) {
  LossInputs in = case_inputs(loss, 5, 3, 2);
  for (auto& view : in.views) view[1].copy_(view[0] + 0.01 * test::random_rows(1, 3, 3)[0]);
  if (in.labels.defined()) in.labels = torch::tensor({0, 1, 0, 1, 2});
  if (told) in.ids = torch::tensor({0, 0, 1, 2, 3});
  return in;
}
LossInputs all_masked(const std::string& loss) {
  LossInputs in = case_inputs(loss, 5, 3, 4);
  if (in.mask.defined()) in.mask.fill_(false);
  else if (in.labels.defined() && !test::takes_relation(loss)) in.labels.fill_(-1);
  else if (test::takes_relation(loss) && loss != "nt_xent")
    in.labels = at::Tensor(), in.scores = torch::arange(5).to(torch::kFloat64);
  else in.ids = torch::zeros({5}, torch::kLong);
  return in;
}

void expect_word(const std::string& word, const std::string& what, const std::function<Ran()>& go) {
  if (word == "error") {
    EXPECT_THROW(go(), InvalidArgument) << what;
  } else if (word == "reported") {
    EXPECT_THROW(go(), NonFinite) << what;
  } else {
    const Ran ran = go();
    EXPECT_TRUE(finite(ran)) << what << ": " << ran.value;
    if (word == "0") {
      EXPECT_EQ(ran.value, 0) << what;
      EXPECT_EQ(largest(ran.gradients), 0) << what;
    } else {
      EXPECT_EQ(word, "finite") << what;
      EXPECT_NE(ran.value, 0) << what;
    }
  }
}

class AtTheEdges : public testing::TestWithParam<size_t> {
 protected:
  std::string loss() const { return std::string(loss_rows()[GetParam()].name); }
  // The word of the table; empty: the case does not apply.
  std::string word(const std::string& column) const {
    const auto all = table();
    const auto row = all.find(loss());
    if (row == all.end() || !row->second.contains(column)) {
      ADD_FAILURE() << "docs/losses.md says nothing of " << loss() << ", " << column;
      return "";
    }
    const std::string found = row->second.at(column);
    return found == "–" ? "" : found;
  }
};

TEST_P(AtTheEdges, NoPositives) {
  const std::string w = word("no positives");
  EXPECT_EQ(w.empty(), !test::takes_relation(loss()));
  if (!w.empty()) expect_word(w, loss(), [&] { return run(loss(), no_positives(loss())); });
}

TEST_P(AtTheEdges, OneClass) {
  const std::string w = word("one class");
  EXPECT_EQ(w.empty(), !test::reads(loss(), "labels"));
  if (!w.empty()) expect_word(w, loss(), [&] { return run(loss(), one_class(loss())); });
}

TEST_P(AtTheEdges, SameId) {
  const std::string w = word("same id");
  EXPECT_EQ(w.empty(), !test::reads(loss(), "ids") || loss() == "nce_memory_bank");
  if (w.empty()) return;
  const Ran told = run(loss(), same_id(loss(), true)), untold = run(loss(), same_id(loss(), false));
  EXPECT_TRUE(finite(told));
  EXPECT_EQ(w, "masked");
  EXPECT_LT(told.value, untold.value - 1e-6) << "a twin among the negatives costs more";
}

TEST_P(AtTheEdges, ZeroRow) {
  const std::string w = word("zero row");
  LossInputs in = case_inputs(loss(), 5, 3, 5);
  in.views[0][1].zero_();
  const Ran ran = run(loss(), in);
  EXPECT_TRUE(finite(ran)) << loss();
  const double gradient = ran.gradients[0][1].abs().max().item<double>();
  EXPECT_EQ(gradient == 0 ? "no gradient" : "finite", w) << gradient;
}

TEST_P(AtTheEdges, OneInstance) {
  const std::string w = word("B = 1");
  ASSERT_FALSE(w.empty());
  expect_word(w, loss(), [&] { return run(loss(), case_inputs(loss(), 1, 3, 6)); });
}

TEST_P(AtTheEdges, Cold) {
  const std::string w = word("t = 0.01");
  const auto recipe = find_loss(loss()).recipe();
  EXPECT_EQ(w.empty(), find_field(recipe->fields(), "temperature") == nullptr);
  if (w.empty()) return;
  EXPECT_EQ(w, "exact");
  // The second view opposite to the first: positives at -100, the worst there is.
  LossInputs in = case_inputs(loss(), 6, 4, 7);
  if (in.views.size() > 1) in.views[1] = -in.views[0];
  LossInputs single = test::as_type(in, torch::kFloat32);
  const auto cold = find_loss(loss()).recipe();
  test::small_options(cold->fields());
  *std::get<double*>(find_field(cold->fields(), "temperature")->value) = 0.01;
  const double exact = cold->make(in).item<double>();
  const at::Tensor got = cold->make(single);
  EXPECT_NEAR(got.item<double>(), exact, 1e-3 * std::max(1.0, std::abs(exact)));
  got.backward();
  EXPECT_TRUE(torch::isfinite(single.views[0].grad()).all().item<bool>());
}

TEST_P(AtTheEdges, AllMasked) {
  const std::string w = word("all masked");
  const bool applies = test::reads(loss(), "labels") || test::reads(loss(), "mask") ||
                       (test::reads(loss(), "ids") && loss() != "nce_memory_bank");
  EXPECT_EQ(w.empty(), !applies);
  if (!w.empty()) expect_word(w, loss(), [&] { return run(loss(), all_masked(loss())); });
}

TEST_P(AtTheEdges, NotANumber) {
  const std::string w = word("NaN");
  ASSERT_EQ(w, "reported");
  for (size_t which = 0; which < test::leaves_of(case_inputs(loss(), 5, 3, 8)).size(); ++which)
    for (const double bad : {std::nan(""), static_cast<double>(INFINITY)}) {
      const LossInputs in = case_inputs(loss(), 5, 3, 8);
      auto leaves = test::leaves_of(in);
      leaves[which][2][1] = bad;
      expect_word(w, loss(), [&] { return run(loss(), test::with_leaves(in, leaves)); });
    }
}

std::string name_of(const testing::TestParamInfo<size_t>& info) { return std::string(loss_rows()[info.param].name); }
INSTANTIATE_TEST_SUITE_P(Registry, AtTheEdges, testing::Range<size_t>(0, loss_rows().size()), name_of);

TEST(Behaviour, TheTableNamesNoOtherLoss) {
  for (const auto& [name, cells] : table()) EXPECT_NO_THROW(find_loss(name)) << name;
  EXPECT_EQ(table().size(), loss_rows().size());
}

}  // namespace
}  // namespace kindred
