// SPDX-License-Identifier: Apache-2.0
// k nearest neighbours by cosine, votes weighted with exp(s / T).
// Source: Wu, Xiong, Yu, Lin 2018, arXiv:1805.01978, section 3.4 (k = 200, T = 0.07); k = 20 as in DINO, arXiv:2104.14294.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/eval/labelled.h"
#include "kindred/eval/protocols.h"

namespace kindred {
namespace {

// The votes of one query's neighbours, best first.
class Ballot {
 public:
  Ballot(int64_t classes, const KnnOptions& options)
      : vote_(static_cast<size_t>(classes)), first_(static_cast<size_t>(classes)), options_(options) {}

  // The place of class truth among the classes by votes, 0 = first; kUnranked where it has none.
  // Equal votes: the class whose nearest neighbour is nearer comes first.
  int64_t rank(const int64_t* index, const float* similarity, int64_t k, const std::vector<int64_t>& class_of,
               int64_t truth) {
    std::fill(vote_.begin(), vote_.end(), 0.0);
    std::fill(first_.begin(), first_.end(), std::numeric_limits<int64_t>::max());
    const bool uniform = options_.weights == "uniform";
    for (int64_t i = 0; i < k && index[i] >= 0; ++i) {
      const auto c = static_cast<size_t>(class_of[static_cast<size_t>(index[i])]);
      // The best similarity is subtracted before exp: only ratios of votes matter.
      vote_[c] += uniform ? 1
                          : std::exp((static_cast<double>(similarity[i]) - static_cast<double>(similarity[0])) /
                                     options_.temperature);
      first_[c] = std::min(first_[c], i);
    }
    if (truth < 0) return kUnranked;
    const auto t = static_cast<size_t>(truth);
    if (first_[t] == std::numeric_limits<int64_t>::max()) return kUnranked;
    int64_t before = 0;
    for (size_t c = 0; c < vote_.size(); ++c)
      if (vote_[c] > vote_[t] || (vote_[c] == vote_[t] && first_[c] < first_[t])) ++before;
    return before;
  }

 private:
  std::vector<double> vote_;
  std::vector<int64_t> first_;  // rank of the nearest neighbour of each class
  const KnnOptions& options_;
};

}  // namespace

void visit_fields(FieldList& v, KnnOptions& o) {
  v("k", o.k, "neighbours that vote", at_least(1));
  v("temperature", o.temperature, "T of the weights exp(s / T)", above(0));
  v("weights", o.weights, "weight of a neighbour: exp, or uniform (majority; ties to the class of the nearest)",
    {"exp", "uniform"});
  v("exclude_self", o.exclude_self, "leave out neighbours with the query's own id (train = test)");
}

EvalResult knn(const Embeddings& train, const Embeddings& test, const KnnOptions& options) {
  KnnOptions o = options;
  check_fields(fields_of(o), "knn");
  const LabelledTask task = labelled_task("knn", train, test, 1);
  check(!o.exclude_self || (task.train.ids.defined() && task.test.ids.defined()),
        "knn: expected ids of train and test for exclude_self, got none");
  EvalResult result = begin_result("knn", task);
  const int64_t k = std::min(o.k, result.n_train);
  if (k < o.k)
    result.warnings.push_back(
        concat("k = ", o.k, " is more than the ", result.n_train, " training rows: all of them vote"));

  const auto found = o.exclude_self
                         ? nearest_neighbours(task.test.rows, task.train.rows, k, task.test.ids, task.train.ids)
                         : nearest_neighbours(task.test.rows, task.train.rows, k);
  Ballot ballot(task.classes(), o);
  std::vector<int64_t> ranks;
  int64_t alone = 0;
  for (int64_t i = 0; i < result.n_test; ++i) {
    const int64_t* index = found.index.data_ptr<int64_t>() + i * k;
    ranks.push_back(ballot.rank(index, found.similarity.data_ptr<float>() + i * k, k, task.train_class,
                                task.test_class[static_cast<size_t>(i)]));
    alone += index[0] < 0;
  }
  if (alone > 0) result.warnings.push_back(concat(alone, " test rows have no neighbour at all: they count as wrong"));

  result.settings.emplace_back("k", std::to_string(k));
  result.settings.emplace_back("weights", o.weights);
  if (o.weights == "exp") result.settings.emplace_back("temperature", number_text(o.temperature));
  result.settings.emplace_back("metric", "cosine");
  if (o.exclude_self) result.settings.emplace_back("exclude_self", "true");
  result.settings.emplace_back("interval", "95 % bootstrap over test samples");
  add_accuracy(result, ranks, task.classes());
  return result;
}

}  // namespace kindred
