// SPDX-License-Identifier: Apache-2.0
// Proves: the JSON and the line of a result, field by field.
#include "kindred/eval/result.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "kindred/eval/protocols.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

TEST(EvalResult, ProtocolLine) {
  EvalResult r;
  r.protocol = "knn";
  r.n_train = 60000;
  r.n_test = 10000;
  r.settings = {{"train", "fashion-mnist/train"},
                {"test", "fashion-mnist/test"},
                {"k", "20"},
                {"weights", "exp"},
                {"temperature", "0.07"},
                {"metric", "cosine"},
                {"interval", "95 % bootstrap over test samples"}};
  EXPECT_EQ(r.protocol_line(),
            "knn: k = 20, weights exp(s/0.07), cosine; 60000 train, 10000 test; 95 % bootstrap over test samples");
  r.settings.clear();
  EXPECT_EQ(r.protocol_line(), "knn; 60000 train, 10000 test");
}

TEST(EvalResult, Json) {
  EvalResult r;
  r.protocol = "linear";
  r.figures = {{"top1", 0.875, {0.86, 0.89}, true}, {"top5", 0.99, {0.98, 1}, true}, {"rank", std::nan(""), {}, false}};
  r.settings = {{"l2", "1e-05"}, {"standardise", "true"}, {"l2_grid", "100 to 1e-06"}, {"shots", "10"}};
  r.n_train = 5;
  r.n_test = 4;
  r.warnings = {"a \"quoted\" warning"};
  EXPECT_EQ(
      result_json(r).dump(),
      R"({"protocol":"linear","top1":0.875,"interval":[0.86,0.89],"top5":0.99,"top5_interval":[0.98,1.0],"rank":null,)"
      R"("n_train":5,"n_test":4,"settings":{"l2":1e-05,"standardise":true,"l2_grid":"100 to 1e-06","shots":10},)"
      R"("protocol_line":"linear: l2 = 1e-05, standardise true, l2_grid 100 to 1e-06, shots = 10; 5 train, 4 test",)"
      R"("warnings":["a \"quoted\" warning"]})");
}

TEST(EvalResult, KnnSaysItsProtocol) {
  const auto e = test::blobs(50, 4, 2, 1.0, 1);
  EXPECT_EQ(knn(e, e, {.k = 3}).protocol_line(),
            "knn: k = 3, weights exp(s/0.07), cosine; 50 train, 50 test; 95 % bootstrap over test samples");
  EXPECT_EQ(knn(e, e, {.k = 3, .weights = "uniform"}).protocol_line(),
            "knn: k = 3, weights uniform, cosine; 50 train, 50 test; 95 % bootstrap over test samples");
}

}  // namespace
}  // namespace kindred
