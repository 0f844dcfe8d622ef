// SPDX-License-Identifier: Apache-2.0
// The linear probe: softmax regression on frozen embeddings, its regularisation chosen on a validation part of the
// training rows, then fitted once more to all of them. Test rows are only predicted.
// Source: the protocol of Kornblith, Shlens, Le 2019, arXiv:1805.08974, with a coarser grid.
#include <algorithm>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/eval/labelled.h"
#include "kindred/eval/probe.h"
#include "kindred/eval/protocols.h"

namespace kindred {
namespace {

struct Split {
  std::vector<int64_t> fit, validation;  // positions, ascending
};

// `share` of every class, rounded, at least one row and never the last one.
Split stratified_split(const std::vector<int64_t>& y, int64_t classes, double share, uint64_t seed) {
  Split split;
  for (const auto& members : shuffled_by_class(y, classes, seed, 0)) {
    const auto n = static_cast<int64_t>(members.size());
    const auto wanted = static_cast<int64_t>(std::llround(share * static_cast<double>(n)));
    const int64_t held = n < 2 ? 0 : std::clamp<int64_t>(wanted, 1, n - 1);
    split.validation.insert(split.validation.end(), members.begin(), members.begin() + held);
    split.fit.insert(split.fit.end(), members.begin() + held, members.end());
  }
  std::sort(split.fit.begin(), split.fit.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

struct Choice {
  double l2 = 0;
  double accuracy = -1, log_loss = 0;  // on the validation rows
  SoftmaxModel model;
};

// Walks the grid from strong to weak, each fit starting at the last one's solution. The highest validation accuracy
// wins, the lower log loss among equals. Two weaker steps in a row that help neither end the walk.
Choice choose(const at::Tensor& x, const std::vector<int64_t>& y, int64_t classes, const Split& split,
              const std::vector<double>& grid, const LbfgsOptions& fit) {
  const auto fit_x = rows_at(x, split.fit), validation_x = rows_at(x, split.validation);
  const auto fit_y = entries_at(y, split.fit), validation_y = entries_at(y, split.validation);
  Choice best;
  best.model = zero_model(classes, x.size(1));
  SoftmaxModel model = best.model;
  int64_t worse = 0;
  for (const double l2 : grid) {
    fit_softmax(fit_x, fit_y, l2, fit, model);
    const auto scores = model.scores(validation_x);
    const auto ranks = ranks_of_truth(scores, validation_y);
    const double accuracy = static_cast<double>(std::count(ranks.begin(), ranks.end(), 0)) /
                            static_cast<double>(std::max<size_t>(ranks.size(), 1));
    const double log_loss = mean_log_loss(scores, validation_y);
    const bool better = accuracy > best.accuracy || (accuracy == best.accuracy && log_loss < best.log_loss);
    worse = better || log_loss < best.log_loss ? 0 : worse + 1;
    if (better) best = {l2, accuracy, log_loss, model};
    if (worse == 2) break;
  }
  return best;
}

void warn(EvalResult& result, const Choice& choice, const std::vector<double>& grid, const LbfgsResult& fit) {
  if (grid.size() > 1 && (choice.l2 == grid.front() || choice.l2 == grid.back()))
    result.warnings.push_back(
        concat("the chosen l2, ", choice.l2, ", is at the end of the grid: a wider grid may do better"));
  if (!fit.converged)
    result.warnings.push_back(concat("the fit stopped after ", fit.iterations,
                                     " iterations before it converged (largest gradient ", fit.largest_gradient, ")"));
}

}  // namespace

void visit_fields(FieldList& v, LinearOptions& o) {
  v("validation", o.validation, "share of the training rows on which l2 is chosen",
    Range{.low = 0, .high = 1, .low_open = true, .high_open = true});
  v("l2", o.l2, "strengths to choose from: l2 / 2 |W|^2 beside the mean loss; empty: 1e-6 to 1e2 in 9 steps",
    at_least(0));
  v("max_iterations", o.max_iterations, "L-BFGS iterations of one fit, at most", at_least(1));
  v("standardise", o.standardise, "centre and scale each feature by the training rows' statistics");
  v("seed", o.seed, "of the validation split", at_least(0));
}

EvalResult linear(const Embeddings& train, const Embeddings& test, const LinearOptions& options) {
  LinearOptions o = options;
  check_fields(fields_of(o), "linear");
  const LabelledTask task = labelled_task("linear", train, test, 2);
  EvalResult result = begin_result("linear", task);
  const int64_t classes = task.classes(), dims = task.train.rows.size(1);
  const auto precision = probe_precision(result.n_train, dims);
  const Standardiser standardiser = o.standardise ? fit_standardiser(task.train.rows) : Standardiser{};
  const auto x = standardiser.apply(task.train.rows, precision);

  const auto grid = l2_grid(o.l2);
  const LbfgsOptions fit{.max_iterations = o.max_iterations};
  Choice choice{grid.front(), 0, 0, zero_model(classes, dims)};
  int64_t validation_rows = 0;
  if (grid.size() > 1) {
    const Split split = stratified_split(task.train_class, classes, o.validation, static_cast<uint64_t>(o.seed));
    validation_rows = static_cast<int64_t>(split.validation.size());
    check(validation_rows > 0,
          "linear: expected at least two training rows of one class to choose l2 on, got one row of "
          "each of the ",
          classes, " classes (give a single l2)");
    choice = choose(x, task.train_class, classes, split, grid, fit);
  }
  const LbfgsResult fitted = fit_softmax(x, task.train_class, choice.l2, fit, choice.model);
  warn(result, choice, grid, fitted);

  result.settings.emplace_back("l2", number_text(choice.l2));
  if (validation_rows > 0) {
    result.settings.emplace_back("l2_grid", l2_text(grid));
    result.settings.emplace_back("l2_chosen_on", concat(validation_rows, " held-out training rows"));
  }
  result.settings.emplace_back("standardise", o.standardise ? "true" : "false");
  result.settings.emplace_back("interval", "95 % bootstrap over test samples");
  const auto scores = choice.model.scores(standardiser.apply(task.test.rows, precision));
  add_accuracy(result, ranks_of_truth(scores, task.test_class), classes);
  return result;
}

}  // namespace kindred
