// SPDX-License-Identifier: Apache-2.0
// The protocols: ways to judge embeddings. One .cpp each; this header is what they share.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "kindred/core/recipe.h"
#include "kindred/eval/result.h"

namespace kindred {

// train: what may be learnt from; test: what is judged. Nothing is ever selected on test.
using ProtocolRecipe = Recipe<EvalResult, const Embeddings&, const Embeddings&>;

struct ProtocolRow {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<ProtocolRecipe> (*recipe)();
};
std::span<const ProtocolRow> protocol_rows();             // sorted: fewshot, geometry, knn, linear
const ProtocolRow& find_protocol(std::string_view name);  // throws InvalidArgument with the nearest names

// --- the functions behind them, for use without the registry ---

struct KnnOptions {
  int64_t k = 20;
  double temperature = 0.07;    // weight exp(s / T); Wu et al. 2018
  std::string weights = "exp";  // exp, or uniform (plain majority; ties go to the class of the nearest neighbour)
  bool exclude_self = false;    // leave out neighbours with the query's own id (train = test)
};
void visit_fields(FieldList& v, KnnOptions& o);
EvalResult knn(const Embeddings& train, const Embeddings& test, const KnnOptions& options = {});

// The k most similar rows of corpus for each query by cosine, exact, tile by tile (never an N x M matrix in memory).
// Ties: lower index first. Rows are normalised here. exclude_ids: [Q] and [N] ids, or undefined.
struct Neighbours {
  at::Tensor index;       // [Q, k] int64; -1 where the corpus has fewer than k rows
  at::Tensor similarity;  // [Q, k] float32; -inf there
};
Neighbours nearest_neighbours(const at::Tensor& queries, const at::Tensor& corpus, int64_t k,
                              const at::Tensor& query_ids = {}, const at::Tensor& corpus_ids = {});

struct LinearOptions {
  double validation = 0.1;       // share of the training rows, stratified, on which the regularisation is chosen
  std::vector<double> l2 = {};   // the grid; empty = 10^-6 .. 10^2 in 9 steps
  int64_t max_iterations = 200;  // L-BFGS
  bool standardise = true;       // per feature, statistics of the training rows
  int64_t seed = 0;              // of the validation split
};
void visit_fields(FieldList& v, LinearOptions& o);
EvalResult linear(const Embeddings& train, const Embeddings& test, const LinearOptions& options = {});

// The linear probe on `shots` labels per class, over `draws` draws; the interval is over draws and test samples.
struct FewshotOptions {
  int64_t shots = 10;
  int64_t draws = 5;
  std::vector<double> l2 = {};
  int64_t max_iterations = 200;
  bool standardise = true;
  int64_t seed = 0;
};
void visit_fields(FieldList& v, FewshotOptions& o);
EvalResult fewshot(const Embeddings& train, const Embeddings& test, const FewshotOptions& options = {});

// Shape of the cloud, no labels needed: std * sqrt(D), effective rank, uniformity (t = 2), and with labels the
// within-class tolerance. Warnings in plain words where it looks collapsed.
struct GeometryOptions {
  int64_t max_rows = 4096;  // uniformity is quadratic; more rows are thinned evenly
};
void visit_fields(FieldList& v, GeometryOptions& o);
EvalResult geometry(const Embeddings& train, const Embeddings& test, const GeometryOptions& options = {});

}  // namespace kindred
