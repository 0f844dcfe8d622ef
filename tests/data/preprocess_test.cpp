// SPDX-License-Identifier: Apache-2.0
// Proves: mean and std of fit_preprocess against sums by hand, and that fitted data come out with mean 0 and std 1;
// prepare in closed form; options survive the field list; samples that do not fit are refused.
#include "kindred/data/preprocess.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "kindred/core/error.h"

namespace kindred {
namespace {

class Fake final : public Dataset {
 public:
  Fake(DatasetInfo info, std::vector<Sample> samples) : info_(std::move(info)), samples_(std::move(samples)) {}
  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return static_cast<int64_t>(samples_.size()); }
  void get(int64_t index, Sample& sample) const override { sample = samples_[static_cast<size_t>(index)]; }
  int64_t label(int64_t) const override { return kNoLabel; }
  uint64_t id(int64_t index) const override { return static_cast<uint64_t>(index); }
  std::string source(int64_t index) const override { return "fake[" + std::to_string(index) + "]"; }

 private:
  DatasetInfo info_;
  std::vector<Sample> samples_;
};

Sample picture(int64_t height, int64_t width, std::vector<uint8_t> pixels) {
  const auto channels = static_cast<int64_t>(pixels.size()) / (height * width);
  return {.id = 0, .image = {height, width, channels, std::move(pixels)}, .vector = {}};
}
Sample vector(std::vector<float> values) { return {.id = 0, .image = {}, .vector = std::move(values)}; }

DatasetInfo image_info(int64_t channels, int64_t height, int64_t width) {
  DatasetInfo info;
  info.name = "fake", info.channels = channels, info.height = height, info.width = width;
  return info;
}
DatasetInfo vector_info(int64_t features) {
  DatasetInfo info;
  info.name = "fake", info.modality = Modality::kVector, info.features = features;
  return info;
}

TEST(FitPreprocess, ImagesOfOneSize) {
  // Channel means 51/255 = 0.2 and so on; the first channel is 0 or 102: std 51/255.
  const Fake data(image_info(3, 1, 2),
                  {picture(1, 2, {0, 51, 255, 102, 51, 255}), picture(1, 2, {102, 153, 255, 0, 153, 255})});
  const Preprocess p = fit_preprocess(data);
  EXPECT_EQ(p.modality, "image");
  EXPECT_EQ(input_shape(p), (std::vector<int64_t>{3, 1, 2}));
  EXPECT_EQ(p.mean, (std::vector<double>{0.2, 0.4, 1}));
  EXPECT_EQ(p.std, (std::vector<double>{0.2, 0.2, 1}));  // a constant channel is not scaled
}

TEST(FitPreprocess, FourDigits) {
  const Fake data(image_info(1, 1, 1), {picture(1, 1, {10}), picture(1, 1, {11}), picture(1, 1, {200})});
  const Preprocess p = fit_preprocess(data);
  EXPECT_EQ(p.mean, std::vector<double>{0.2889});  // 221 / 765 = 0.288888...
  EXPECT_EQ(p.std, std::vector<double>{0.3503});   // sqrt(40221 / 3 - (221 / 3)^2) / 255 = 0.350322...
}

TEST(FitPreprocess, ImagesOfManySizes) {
  const Fake data(image_info(0, 0, 0),
                  {picture(3, 5, std::vector<uint8_t>(15, 51)), picture(2, 2, std::vector<uint8_t>(12, 51))});
  const Preprocess p = fit_preprocess(data, 8);
  EXPECT_EQ(input_shape(p), (std::vector<int64_t>{3, 8, 8}));
  EXPECT_EQ(p.mean, (std::vector<double>{0.2, 0.2, 0.2}));
}

TEST(FitPreprocess, ASizeThatIsAskedForCounts) {
  const auto shape = [](int64_t side, int64_t size) {
    const Fake data(image_info(1, side, side),
                    {picture(side, side, std::vector<uint8_t>(static_cast<size_t>(side * side), 51))});
    return input_shape(fit_preprocess(data, size));
  };
  EXPECT_EQ(shape(28, 0), (std::vector<int64_t>{1, 28, 28}));
  EXPECT_EQ(shape(28, 64), (std::vector<int64_t>{1, 64, 64}));
  EXPECT_EQ(shape(256, 0), (std::vector<int64_t>{1, 256, 256}));
  EXPECT_EQ(shape(257, 0), (std::vector<int64_t>{1, 32, 32}));  // photographs of one camera
  EXPECT_EQ(shape(257, 224), (std::vector<int64_t>{1, 224, 224}));
  EXPECT_THROW(shape(28, -1), InvalidArgument);
}

TEST(FitPreprocess, VectorsComeOutStandardised) {
  std::vector<Sample> samples;
  for (int i = 0; i < 5000; ++i)
    samples.push_back(vector({1e6f + static_cast<float>(i % 100), static_cast<float>(i % 7) * 1e-5f, 3.0f}));
  const Fake data(vector_info(3), samples);
  const Preprocess p = fit_preprocess(data);
  EXPECT_EQ(p.modality, "vector");
  EXPECT_EQ(p.std[2], 1);
  double sum = 0, square = 0;
  PreprocessScratch scratch;
  for (const Sample& sample : samples) {
    float out[3];
    prepare(sample, p, out, scratch);
    sum += out[1], square += out[1] * out[1];
    EXPECT_EQ(out[2], 0);
  }
  EXPECT_NEAR(sum / 5000, 0, 0.02);  // 2048 of the 5000 were measured, and digits were rounded
  EXPECT_NEAR(square / 5000, 1, 0.02);
}

TEST(FitPreprocess, LooksAtTheWholeDataSet) {  // not at the first 2048 samples only
  std::vector<Sample> samples;
  for (int i = 0; i < 6000; ++i) samples.push_back(picture(1, 1, {static_cast<uint8_t>(i < 3000 ? 0 : 255)}));
  EXPECT_NEAR(fit_preprocess(Fake(image_info(1, 1, 1), samples)).mean[0], 0.5, 0.001);
}

TEST(FitPreprocess, Refusals) {
  EXPECT_THROW(fit_preprocess(Fake(image_info(1, 2, 2), {})), InvalidArgument);
  EXPECT_THROW(fit_preprocess(Fake(vector_info(2), {vector({1})})), InvalidArgument);
  EXPECT_THROW(fit_preprocess(Fake(vector_info(2), {vector({1, std::nanf("")})})), InvalidArgument);
}

TEST(Prepare, IsScaleAndShift) {
  const Preprocess p{.channels = 3, .height = 1, .width = 2, .mean = {0.1, 0.2, 0.3}, .std = {0.5, 0.25, 0.2}};
  float out[6];
  PreprocessScratch scratch;
  prepare(picture(1, 2, {0, 100, 200, 255, 50, 25}), p, out, scratch);
  const double values[6]{0, 255, 100, 50, 200, 25};
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(out[i], (values[i] / 255 - p.mean[i / 2]) / p.std[i / 2], 1e-6);
}

TEST(Prepare, ChangesChannels) {
  float out[3];
  PreprocessScratch scratch;
  prepare(picture(1, 1, {51}), {.channels = 3, .height = 1, .width = 1}, out, scratch);
  for (const float value : out) EXPECT_FLOAT_EQ(value, 0.2f);
  prepare(picture(1, 1, {0, 255, 0}), {.channels = 1, .height = 1, .width = 1}, out, scratch);
  EXPECT_FLOAT_EQ(out[0], 150.0f / 255);  // luma of green: 0.587
}

TEST(Prepare, RefusesWhatDoesNotFit) {
  float out[4];
  PreprocessScratch scratch;
  EXPECT_THROW(prepare(vector({1, 2}), {.modality = "vector", .features = 3}, out, scratch), InvalidArgument);
  EXPECT_THROW(prepare(vector({1, 2}), {.height = 1, .width = 1}, out, scratch), InvalidArgument);
}

// scikit-image's Lab of five colours, and the authors' mean and std of CMC: tests/golden/vectors/augmentation.json.
TEST(Prepare, SplitsLightnessFromColour) {
  Preprocess p{.channels = 3, .height = 1, .width = 1, .mean = {0.1, 0.2, 0.3}, .std = {1, 2, 3}};
  split_parts(p, "L_ab");
  EXPECT_EQ(p.parts, (std::vector<int64_t>{1, 2}));
  EXPECT_NO_THROW(check_fields(fields_of(p), "test"));
  const std::vector<std::pair<std::vector<uint8_t>, std::vector<double>>> cases{
      {{51, 102, 153}, {-0.15984, -0.067012, -0.258516}},
      {{255, 255, 255}, {1.0, -0.065368, 0.066169}},
      {{255, 0, 0}, {0.064812, 0.803263, 0.730395}}};
  PreprocessScratch scratch;
  for (const auto& [rgb, expected] : cases) {
    float out[3];
    prepare(picture(1, 1, rgb), p, out, scratch);
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(out[c], expected[c], 2e-5) << c;
  }
  split_parts(p, "L_a_b");
  EXPECT_EQ(p.parts, (std::vector<int64_t>{1, 1, 1}));
}

TEST(SplitParts, Refusals) {
  Preprocess grey{.channels = 1, .height = 4, .width = 4}, vectors{.modality = "vector", .features = 2};
  EXPECT_THROW(split_parts(grey, "L_ab"), InvalidArgument);
  EXPECT_THROW(split_parts(vectors, "L_a_b"), InvalidArgument);
  EXPECT_THROW(split_parts(vectors, "all"), InvalidArgument);
  float out[16];
  PreprocessScratch scratch;
  EXPECT_THROW(prepare(picture(1, 1, {51}), {.channels = 1, .height = 1, .width = 1, .colour = "lab"}, out, scratch),
               InvalidArgument);
  EXPECT_THROW(prepare(vector({1, 2}), {.modality = "vector", .features = 2, .parts = {1, 2}}, out, scratch),
               InvalidArgument);
}

TEST(PreprocessFields, RoundTrip) {
  Preprocess a{.channels = 1, .height = 5, .width = 6, .mean = {0.25}, .std = {0.125}}, b;
  const auto from = fields_of(a), to = fields_of(b);
  ASSERT_EQ(from.size(), 9u);
  EXPECT_FALSE(same_values(from, to));
  b = a;
  EXPECT_TRUE(same_values(from, fields_of(b)));
  EXPECT_NO_THROW(check_fields(from, "test"));
}

}  // namespace
}  // namespace kindred
