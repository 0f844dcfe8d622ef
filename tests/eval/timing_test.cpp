// SPDX-License-Identifier: Apache-2.0
// Not tests: the times that docs/perf.md quotes. Run with --gtest_also_run_disabled_tests --gtest_filter='*Timing*'.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>

#include "kindred/data/spec.h"
#include "kindred/eval/collapse.h"
#include "kindred/eval/embed.h"
#include "kindred/eval/map.h"
#include "kindred/eval/protocols.h"
#include "tests/eval/support.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

template <class Work>
auto timed(const std::string& what, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  auto result = work();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::cout << what << ": " << seconds.count() << " s on " << at::get_num_threads() << " threads" << std::endl;
  return result;
}

void show(const EvalResult& r) {
  std::cout << "  " << r.protocol_line() << "\n";
  for (const auto& f : r.figures)
    std::cout << "  " << f.name << " " << f.value << " [" << f.interval.low << ", " << f.interval.high << "]\n";
  for (const auto& w : r.warnings) std::cout << "  warning: " << w << "\n";
}

// Classes that overlap, with features of unequal scale and correlated: no easier to fit than real embeddings.
Embeddings embeddings(int64_t n, int64_t d, uint64_t stream) {
  auto e = test::blobs(n, d, 10, 6.0, stream);
  const auto mix = at::eye(d) + 0.3 * test::normal_rows(d, d, 77);
  e.rows = at::mm(e.rows, mix) * at::logspace(-1, 1, d);
  return e;
}

TEST(Timing, DISABLED_Neighbours) {
  const auto queries = test::normal_rows(10000, 256, 1), corpus = test::normal_rows(60000, 256, 2);
  timed("10000 x 60000 x 256 product in tiles", [&] {
    auto out = at::empty({256, 1024});
    for (int64_t q = 0; q + 256 <= 10000; q += 256)
      for (int64_t c = 0; c + 1024 <= 60000; c += 1024)
        at::mm_out(out, queries.narrow(0, q, 256), corpus.narrow(0, c, 1024).t());
    return out;
  });
  timed("nearest neighbours 10000 x 60000 x 256, k = 20", [&] { return nearest_neighbours(queries, corpus, 20); });
  timed("nearest neighbours 10000 x 60000 x 256, k = 200", [&] { return nearest_neighbours(queries, corpus, 200); });
  const auto narrow = at::ones({60000, 256}) + 1e-3 * corpus;  // a collapsed encoder: every pair is a candidate
  timed("nearest neighbours, collapsed rows, 1000 queries, k = 20",
        [&] { return nearest_neighbours(narrow.narrow(0, 0, 1000), narrow, 20); });
}

TEST(Timing, DISABLED_Protocols) {
  const auto train = embeddings(60000, 256, 1), rows = embeddings(10000, 256, 2);
  show(timed("knn 60000 x 256", [&] { return knn(train, rows); }));
  show(timed("linear 60000 x 256, 10 classes, 9 strengths", [&] { return linear(train, rows); }));
  show(timed("fewshot 60000 x 256", [&] { return fewshot(train, rows); }));
  show(timed("geometry 10000 x 256", [&] { return geometry(train, rows); }));
}

TEST(Timing, DISABLED_Pixels) {
  if (!test::fashion_mnist_folder()) GTEST_SKIP() << "Fashion-MNIST absent";
  const auto train_set = open_dataset("fashion-mnist/train"), test_set = open_dataset("fashion-mnist/test");
  const auto preprocess = fit_preprocess(*train_set);
  const auto train = timed("embed_pixels 60000", [&] { return embed_pixels(preprocess, train_set); });
  const auto rows = embed_pixels(preprocess, test_set);
  show(timed("knn, pixels", [&] { return knn(train, rows); }));
  show(timed("linear, pixels", [&] { return linear(train, rows); }));
  show(timed("fewshot, pixels", [&] { return fewshot(train, rows); }));
  show(timed("geometry, pixels", [&] { return geometry(train, rows); }));
}

TEST(Timing, DISABLED_Watch) {
  const auto z1 = test::normal_rows(256, 128, 1), z2 = test::normal_rows(256, 128, 2);
  collapse_figures(z1, z2);
  timed("100 x collapse_figures 2 x 256 x 128", [&] {
    double sum = 0;
    for (int i = 0; i < 100; ++i) sum += collapse_figures(z1, z2).effective_rank;
    return sum;
  });
  const auto rows = test::blobs(1000, 256, 10, 1.0, 3).rows;
  timed("tsne 1000 x 256", [&] { return tsne(rows); });
}

}  // namespace
}  // namespace kindred
