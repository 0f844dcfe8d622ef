// SPDX-License-Identifier: Apache-2.0
// What the classification protocols share: the labelled rows of train and test, and accuracies from ranks.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kindred/eval/result.h"

namespace kindred {

// Throws InvalidArgument unless e holds finite rows [N, D], N >= 1, with labels and ids [N] where those are defined.
// Returns e with rows as contiguous float32 on the CPU.
Embeddings checked_embeddings(const char* who, const char* which, const Embeddings& e);

// The labelled rows of both splits. Classes are numbered 0..C-1 in the order of the labels found in train.
struct LabelledTask {
  Embeddings train, test;                        // rows without a label are left out
  std::vector<int64_t> train_class, test_class;  // test: -1 where train has no such class
  std::vector<int64_t> label_of;                 // [C]
  std::vector<std::string> warnings;
  int64_t classes() const { return static_cast<int64_t>(label_of.size()); }
  std::string class_name(int64_t c) const;  // the source's name, or "class 3"
};
// Throws InvalidArgument: widths differ, no labelled row in train or in test, fewer than at_least classes in train.
LabelledTask labelled_task(const char* who, const Embeddings& train, const Embeddings& test, int64_t at_least);

// The place of a sample's true class in the order of the scores, 0 = first; kUnranked where it cannot be predicted.
inline constexpr int64_t kUnranked = std::numeric_limits<int64_t>::max();
// scores: [N, C] floating, equal scores in the order of the classes.
std::vector<int64_t> ranks_of_truth(const at::Tensor& scores, const std::vector<int64_t>& truth);
// [N] uint8: 1 where ranks[i] < top.
at::Tensor within(const std::vector<int64_t>& ranks, int64_t top);

// A result with protocol, counts, sources and the task's warnings filled in.
EvalResult begin_result(const char* protocol, const LabelledTask& task);
// Adds top1, and top5 where there are more than five classes, with intervals over the test samples; sets `correct`.
void add_accuracy(EvalResult& result, const std::vector<int64_t>& ranks, int64_t classes);

// 0.07 -> "0.07", 1e-06 -> "1e-06": the shortest text that reads back as the same number.
std::string number_text(double value);

}  // namespace kindred
