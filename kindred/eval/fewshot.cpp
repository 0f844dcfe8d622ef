// SPDX-License-Identifier: Apache-2.0
// The linear probe on a few labels per class, drawn several times.
//
// The regularisation is chosen inside each draw by cross-validation over its own labelled rows (five folds by class, or
// as many as there are labels), by the summed log loss: with ten labels per class accuracy is too coarse to compare
// strengths by. With one label per class there is nothing to hold out and l2 is kFixed. Feature statistics come from all
// training rows: unlabelled rows are not what is scarce here.
#include <ATen/ops/stack.h>

#include <algorithm>

#include "kindred/core/error.h"
#include "kindred/eval/bootstrap.h"
#include "kindred/eval/labelled.h"
#include "kindred/eval/one_thread.h"
#include "kindred/eval/probe.h"
#include "kindred/eval/protocols.h"

namespace kindred {
namespace {

constexpr int64_t kFolds = 5;
constexpr double kFixed = 1e-2;

// The labelled rows of one draw and the fold each belongs to.
struct Draw {
  std::vector<int64_t> rows, y, fold;
};

Draw draw_rows(const LabelledTask& task, int64_t shots, uint64_t seed, int64_t number) {
  Draw draw;
  const auto members = shuffled_by_class(task.train_class, task.classes(), seed, static_cast<uint32_t>(number));
  for (size_t c = 0; c < members.size(); ++c)
    for (size_t i = 0; i < std::min(members[c].size(), static_cast<size_t>(shots)); ++i) {
      draw.rows.push_back(members[c][i]);
      draw.y.push_back(static_cast<int64_t>(c));
      draw.fold.push_back(static_cast<int64_t>(i) % kFolds);
    }
  return draw;
}

// The strength with the lowest log loss summed over held-out folds.
double choose_l2(const at::Tensor& x, const Draw& draw, int64_t classes, const std::vector<double>& grid,
                 const LbfgsOptions& fit) {
  const int64_t folds = 1 + *std::max_element(draw.fold.begin(), draw.fold.end());
  if (grid.size() == 1) return grid[0];
  if (folds < 2) return kFixed;
  std::vector<double> loss(grid.size(), 0.0);
  for (int64_t fold = 0; fold < folds; ++fold) {
    std::vector<int64_t> in, out;
    for (size_t i = 0; i < draw.fold.size(); ++i) (draw.fold[i] == fold ? out : in).push_back(static_cast<int64_t>(i));
    const auto in_x = rows_at(x, in), out_x = rows_at(x, out);
    const auto in_y = entries_at(draw.y, in), out_y = entries_at(draw.y, out);
    SoftmaxModel model = zero_model(classes, x.size(1));
    for (size_t g = 0; g < grid.size(); ++g) {
      fit_softmax(in_x, in_y, grid[g], fit, model);
      loss[g] += mean_log_loss(model.scores(out_x), out_y) * static_cast<double>(out.size());
    }
  }
  return grid[static_cast<size_t>(std::min_element(loss.begin(), loss.end()) - loss.begin())];
}

struct Outcome {
  double l2 = 0;
  bool converged = true;
  std::vector<int64_t> ranks;  // [N test]
};

// The mean over draws of ranks < top, per test sample: [draws, N] float64.
at::Tensor hits(const std::vector<Outcome>& outcomes, int64_t top) {
  std::vector<at::Tensor> rows;
  for (const auto& outcome : outcomes) rows.push_back(within(outcome.ranks, top).to(at::kDouble));
  return at::stack(rows);
}

void warn_of_short_classes(EvalResult& result, const LabelledTask& task, int64_t shots) {
  std::vector<int64_t> count(static_cast<size_t>(task.classes()), 0);
  for (const int64_t c : task.train_class) ++count[static_cast<size_t>(c)];
  for (size_t c = 0; c < count.size(); ++c)
    if (count[c] < shots)
      result.warnings.push_back(concat("class ", task.class_name(static_cast<int64_t>(c)), " has ", count[c],
                                       " training rows, fewer than the ", shots, " shots: all of them were used"));
}

}  // namespace

void visit_fields(FieldList& v, FewshotOptions& o) {
  v("shots", o.shots, "labelled training rows of each class", at_least(1));
  v("draws", o.draws, "how many times they are drawn", between(1, 10000));
  v("l2", o.l2, "strengths to choose from: l2 / 2 |W|^2 beside the mean loss; empty: 1e-6 to 1e2 in 9 steps",
    at_least(0));
  v("max_iterations", o.max_iterations, "L-BFGS iterations of one fit, at most", at_least(1));
  v("standardise", o.standardise, "centre and scale each feature by the statistics of all training rows");
  v("seed", o.seed, "of the draws", at_least(0));
}

EvalResult fewshot(const Embeddings& train, const Embeddings& test, const FewshotOptions& options) {
  FewshotOptions o = options;
  check_fields(fields_of(o), "fewshot");
  const LabelledTask task = labelled_task("fewshot", train, test, 2);
  EvalResult result = begin_result("fewshot", task);
  warn_of_short_classes(result, task, o.shots);
  const Standardiser standardiser = o.standardise ? fit_standardiser(task.train.rows) : Standardiser{};
  const auto test_x = standardiser.apply(task.test.rows, at::kFloat);
  const auto grid = l2_grid(o.l2);
  const LbfgsOptions fit{.max_iterations = o.max_iterations};

  std::vector<Outcome> outcomes(static_cast<size_t>(o.draws));
  for_parts(o.draws, [&](int64_t d) {
    const Draw draw = draw_rows(task, o.shots, static_cast<uint64_t>(o.seed), d);
    const auto n = static_cast<int64_t>(draw.rows.size());
    const auto x = standardiser.apply(rows_at(task.train.rows, draw.rows), probe_precision(n, test_x.size(1)));
    Outcome& outcome = outcomes[static_cast<size_t>(d)];
    outcome.l2 = choose_l2(x, draw, task.classes(), grid, fit);
    SoftmaxModel model = zero_model(task.classes(), x.size(1));
    outcome.converged = fit_softmax(x, draw.y, outcome.l2, fit, model).converged;
    outcome.ranks = ranks_of_truth(model.scores(test_x), task.test_class);
  });

  std::vector<double> chosen;
  int64_t stopped = 0;
  for (const auto& outcome : outcomes) {
    chosen.push_back(outcome.l2);
    stopped += !outcome.converged;
  }
  if (stopped > 0)
    result.warnings.push_back(concat(stopped, " of the ", o.draws, " fits stopped after ", o.max_iterations,
                                     " iterations before they converged"));
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  result.settings.emplace_back("shots", std::to_string(o.shots));
  result.settings.emplace_back("draws", std::to_string(o.draws));
  result.settings.emplace_back("l2", l2_text(chosen));
  if (grid.size() > 1 && o.shots > 1) {
    result.settings.emplace_back("l2_grid", l2_text(grid));
    result.settings.emplace_back("l2_chosen_by", "cross-validation inside the draw");
  }
  result.settings.emplace_back("standardise", o.standardise ? "true" : "false");
  result.settings.emplace_back("interval", "95 % bootstrap over draws and test samples");
  for (const int64_t top : {1, 5}) {
    if (top == 5 && task.classes() <= 5) continue;
    const auto hit = hits(outcomes, top);
    result.figures.push_back({concat("top", top), hit.mean().item<double>(), bootstrap_two_level(hit, 0), true});
    if (top == 1) result.correct = hit.mean(0).to(at::kFloat);
  }
  return result;
}

}  // namespace kindred
