// SPDX-License-Identifier: Apache-2.0
// Proves: rows in data set order equal to the encoder called by hand, in evaluation mode, whatever the batch size;
// training mode restored; pixels are the prepared samples; labels, ids, names, progress.
#include "kindred/eval/embed.h"

#include <gmock/gmock.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include "kindred/core/error.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

// Vectors of three features: row i is (i, i^2 / 10, -i).
class Toy final : public Dataset {
 public:
  explicit Toy(int64_t n) : n_(n) {
    info_.name = "toy";
    info_.modality = Modality::kVector;
    info_.features = 3;
    info_.labelled = true;
    info_.class_names = {"even", "odd"};
  }
  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return n_; }
  void get(int64_t i, Sample& sample) const override {
    const auto x = static_cast<float>(i);
    sample.id = id(i);
    sample.label = label(i);
    sample.vector = {x, x * x / 10, -x};
  }
  int64_t label(int64_t i) const override { return i % 3 == 2 ? kNoLabel : i % 2; }
  uint64_t id(int64_t i) const override { return static_cast<uint64_t>(1000 + i); }
  std::string source(int64_t i) const override { return "toy[" + std::to_string(i) + "]"; }

 private:
  int64_t n_;
  DatasetInfo info_;
};

Preprocess vector_preprocess() {
  Preprocess p;
  p.modality = "vector";
  p.features = 3;
  p.mean = {1, 2, 3};
  p.std = {2, 4, 8};
  return p;
}

class ToyEncoder final : public Encoder {
 public:
  ToyEncoder() {
    out_dim_ = 4;
    linear_ = register_module("linear", torch::nn::Linear(3, 4));
    norm_ = register_module("norm", torch::nn::BatchNorm1d(4));
    init_weights(*this, 5);
  }
  torch::Tensor forward(const torch::Tensor& x) override { return norm_->forward(linear_->forward(x)); }
  torch::nn::Linear linear_{nullptr};
  torch::nn::BatchNorm1d norm_{nullptr};
};

at::Tensor prepared_by_hand(int64_t n) {
  auto x = at::empty({n, 3});
  for (int64_t i = 0; i < n; ++i) {
    x[i][0] = (static_cast<double>(i) - 1) / 2;
    x[i][1] = (static_cast<double>(i * i) / 10 - 2) / 4;
    x[i][2] = (-static_cast<double>(i) - 3) / 8;
  }
  return x;
}

TEST(EmbedPixels, ThePreparedSamples) {
  const auto e = embed_pixels(vector_preprocess(), std::make_shared<Toy>(10), {.batch = 4, .workers = 1});
  EXPECT_TRUE(at::allclose(e.rows, prepared_by_hand(10), 1e-5, 1e-5));
  EXPECT_TRUE(at::equal(e.ids, at::arange(1000, 1010, at::kLong)));
  EXPECT_TRUE(at::equal(e.labels, at::tensor({0, 1, -1, 1, 0, -1, 0, 1, -1, 1}, at::kLong)));
  EXPECT_EQ(e.source, "toy");
  EXPECT_THAT(e.class_names, testing::ElementsAre("even", "odd"));
}

TEST(Embed, EqualsTheEncoderByHandForAnyBatchSize) {
  auto encoder = std::make_shared<ToyEncoder>();
  encoder->norm_->running_mean.fill_(0.5);
  encoder->train();
  const auto before = encoder->norm_->running_mean.clone();
  encoder->eval();
  const auto expected = encoder->forward(prepared_by_hand(23)).detach();
  encoder->train();
  encoder->linear_->eval();  // a part that was frozen stays so
  for (const int64_t batch : {1, 7, 23, 100}) {
    const auto e = embed(*encoder, vector_preprocess(), std::make_shared<Toy>(23), {.batch = batch, .workers = 2});
    EXPECT_TRUE(at::allclose(e.rows, expected, 1e-5, 1e-5)) << batch;
    EXPECT_FALSE(e.rows.requires_grad());
    EXPECT_TRUE(e.rows.is_contiguous());
  }
  EXPECT_TRUE(at::equal(encoder->norm_->running_mean, before));  // evaluation moves no statistics
  EXPECT_TRUE(encoder->is_training());
  EXPECT_TRUE(encoder->norm_->is_training());
  EXPECT_FALSE(encoder->linear_->is_training());
}

TEST(Embed, ModelAndProgress) {
  Model model;
  model.preprocess = vector_preprocess();
  model.encoder = std::make_shared<ToyEncoder>();
  std::vector<int64_t> seen;
  EmbedOptions options{.batch = 4, .workers = 1, .progress = [&](int64_t done, int64_t total) {
                         EXPECT_EQ(total, 10);
                         seen.push_back(done);
                       }};
  const auto e = embed(model, std::make_shared<Toy>(10), options);
  EXPECT_EQ(e.rows.size(1), 4);
  EXPECT_THAT(seen, testing::ElementsAre(4, 8, 10));
}

TEST(Embed, BadInput) {
  Model empty;
  EXPECT_THROW(embed(empty, std::make_shared<Toy>(3)), InvalidArgument);
  EXPECT_THROW(embed_pixels(vector_preprocess(), nullptr), InvalidArgument);
  EXPECT_THROW(embed_pixels(vector_preprocess(), std::make_shared<Toy>(0)), InvalidArgument);
  EXPECT_THROW(embed_pixels(vector_preprocess(), std::make_shared<Toy>(3), {.batch = 0}), InvalidArgument);
  auto wrong = vector_preprocess();
  wrong.features = 5;
  wrong.mean = wrong.std = {};
  EXPECT_THROW(embed_pixels(wrong, std::make_shared<Toy>(3)), InvalidArgument);
}

}  // namespace
}  // namespace kindred
