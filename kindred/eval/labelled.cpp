// SPDX-License-Identifier: Apache-2.0
#include "kindred/eval/labelled.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "kindred/core/error.h"
#include "kindred/data/sample.h"

namespace kindred {
namespace {

std::string called(const char* which, const Embeddings& e) {
  return e.source.empty() ? std::string(which) : concat(which, " (", e.source, ")");
}

// Positions of the rows that have a label.
std::vector<int64_t> labelled_positions(const char* who, const char* which, const Embeddings& e) {
  check(e.labels.defined(), who, ": expected labelled rows in ", called(which, e), ", got no labels at all");
  const int64_t* label = e.labels.data_ptr<int64_t>();
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < e.labels.size(0); ++i) {
    check(label[i] >= kNoLabel, who, ": expected labels >= 0, or -1 for none, in ", called(which, e), ", got ",
          label[i], " in row ", i);
    if (label[i] != kNoLabel) kept.push_back(i);
  }
  check(!kept.empty(), who, ": expected labelled rows in ", called(which, e), ", got none with a label among ",
        e.labels.size(0));
  return kept;
}

// Only these rows of e; e itself where they are all.
Embeddings only(const Embeddings& e, const std::vector<int64_t>& positions) {
  if (static_cast<int64_t>(positions.size()) == e.rows.size(0)) return e;
  const auto index = at::tensor(positions, at::kLong);
  Embeddings out = e;
  out.rows = e.rows.index_select(0, index);
  out.labels = e.labels.index_select(0, index);
  if (e.ids.defined()) out.ids = e.ids.index_select(0, index);
  return out;
}

void leave_out_unlabelled(const char* who, const char* which, Embeddings& e, std::vector<std::string>& warnings) {
  const int64_t all = e.rows.size(0);
  e = only(e, labelled_positions(who, which, e));
  if (e.rows.size(0) < all)
    warnings.push_back(concat(all - e.rows.size(0), " of the ", all, " rows of ", called(which, e),
                              " have no label and were left out"));
}

void warn_of_unseen(LabelledTask& task) {
  const int64_t* label = task.test.labels.data_ptr<int64_t>();
  std::map<int64_t, int64_t> unseen;
  for (size_t i = 0; i < task.test_class.size(); ++i)
    if (task.test_class[i] < 0) ++unseen[label[i]];
  int64_t rows = 0;
  for (const auto& [which, count] : unseen) rows += count;
  if (!unseen.empty())
    task.warnings.push_back(concat(
        unseen.size(), unseen.size() == 1 ? " class" : " classes", " of the test rows (label ", unseen.begin()->first,
        unseen.size() == 1 ? "" : ", ...", ") have no training row: their ", rows, " samples count as wrong"));
}

}  // namespace

Embeddings checked_embeddings(const char* who, const char* which, const Embeddings& e) {
  check(e.rows.defined() && e.rows.dim() == 2 && e.rows.size(0) >= 1 && e.rows.size(1) >= 1, who,
        ": expected embeddings of shape [N, D] as ", called(which, e), ", got ",
        e.rows.defined() ? concat(e.rows.dim(), " dimensions, ", e.rows.numel(), " values") : "none");
  Embeddings out = e;
  out.rows = e.rows.detach().to(at::kCPU, at::kFloat).contiguous();
  const int64_t n = out.rows.size(0), d = out.rows.size(1);
  for (at::Tensor* list : {&out.labels, &out.ids}) {
    if (!list->defined()) continue;
    check(list->dim() == 1 && list->size(0) == n, who, ": expected one label and one id for each of the ", n,
          " rows of ", called(which, e), ", got ", list->numel());
    *list = list->to(at::kCPU, at::kLong).contiguous();
  }
  if (!at::isfinite(out.rows).all().item<bool>()) {
    const float* data = out.rows.data_ptr<float>();
    int64_t bad = 0;
    while (std::isfinite(data[bad])) ++bad;
    check(false, who, ": expected finite embeddings in ", called(which, e), ", got ",
          std::isnan(data[bad]) ? "nan"
          : data[bad] > 0       ? "inf"
                                : "-inf",
          " in row ", bad / d);
  }
  return out;
}

std::string LabelledTask::class_name(int64_t c) const {
  const int64_t label = label_of[static_cast<size_t>(c)];
  const auto& names = train.class_names.empty() ? test.class_names : train.class_names;
  return label < static_cast<int64_t>(names.size()) ? names[static_cast<size_t>(label)] : concat("class ", label);
}

LabelledTask labelled_task(const char* who, const Embeddings& train, const Embeddings& test, int64_t at_least) {
  LabelledTask task;
  task.train = checked_embeddings(who, "the training rows", train);
  task.test = checked_embeddings(who, "the test rows", test);
  check(task.train.rows.size(1) == task.test.rows.size(1), who, ": expected training and test rows of one width, got ",
        task.train.rows.size(1), " and ", task.test.rows.size(1));
  leave_out_unlabelled(who, "the training rows", task.train, task.warnings);
  leave_out_unlabelled(who, "the test rows", task.test, task.warnings);

  const int64_t* train_label = task.train.labels.data_ptr<int64_t>();
  const int64_t* test_label = task.test.labels.data_ptr<int64_t>();
  const std::set<int64_t> found(train_label, train_label + task.train.labels.size(0));
  task.label_of.assign(found.begin(), found.end());
  check(task.classes() >= at_least, who, ": expected at least ", at_least, " classes among the training rows, got ",
        task.classes(), " (label ", task.label_of[0], ")");
  const auto number = [&](int64_t label) -> int64_t {
    const auto at = std::lower_bound(task.label_of.begin(), task.label_of.end(), label);
    return at != task.label_of.end() && *at == label ? at - task.label_of.begin() : -1;
  };
  for (int64_t i = 0; i < task.train.labels.size(0); ++i) task.train_class.push_back(number(train_label[i]));
  for (int64_t i = 0; i < task.test.labels.size(0); ++i) task.test_class.push_back(number(test_label[i]));
  warn_of_unseen(task);
  return task;
}

std::vector<int64_t> ranks_of_truth(const at::Tensor& scores, const std::vector<int64_t>& truth) {
  const auto held = scores.to(at::kDouble).contiguous();
  const double* data = held.data_ptr<double>();
  const int64_t classes = held.size(1);
  std::vector<int64_t> ranks(truth.size(), kUnranked);
  for (size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] < 0) continue;
    const double* row = data + static_cast<int64_t>(i) * classes;
    ranks[i] = 0;
    for (int64_t c = 0; c < classes; ++c)
      if (row[c] > row[truth[i]] || (row[c] == row[truth[i]] && c < truth[i])) ++ranks[i];
  }
  return ranks;
}

at::Tensor within(const std::vector<int64_t>& ranks, int64_t top) {
  auto out = at::empty({static_cast<int64_t>(ranks.size())}, at::kByte);
  for (size_t i = 0; i < ranks.size(); ++i) out.data_ptr<uint8_t>()[i] = ranks[i] < top ? 1 : 0;
  return out;
}

EvalResult begin_result(const char* protocol, const LabelledTask& task) {
  EvalResult result;
  result.protocol = protocol;
  result.n_train = task.train.rows.size(0);
  result.n_test = task.test.rows.size(0);
  result.warnings = task.warnings;
  if (!task.train.source.empty()) result.settings.emplace_back("train", task.train.source);
  if (!task.test.source.empty()) result.settings.emplace_back("test", task.test.source);
  return result;
}

void add_accuracy(EvalResult& result, const std::vector<int64_t>& ranks, int64_t classes) {
  for (const int64_t top : {1, 5}) {
    if (top == 5 && classes <= 5) continue;
    const auto hit = within(ranks, top);
    result.figures.push_back(
        {concat("top", top), hit.to(at::kDouble).mean().item<double>(), bootstrap_mean(hit), true});
    if (top == 1) result.correct = hit;
  }
}

std::string number_text(double value) {
  char buffer[64];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

}  // namespace kindred
