// SPDX-License-Identifier: Apache-2.0
// Proves: views depend on their name only; each operation draws from its own documented stream and they come in the
// documented order; probabilities and ranges; grey and colour sources; extreme sizes; refusals.
#include "kindred/views/image_views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "kindred/core/error.h"
#include "kindred/kernels/image_blur.h"
#include "kindred/kernels/image_colour.h"
#include "kindred/kernels/image_geometry.h"
#include "kindred/kernels/image_resize.h"
#include "kindred/views/random_crop.h"
#include "kindred/views/view_streams.h"
#include "tests/views/samples.h"

namespace kindred {
namespace {

using test::constant;
using test::made_up;
using test::view_of;

ImageViewOptions nothing() { return image_view_preset("none"); }

// Levels as floats: mean 0, std 1/255.
Preprocess levels(int64_t channels, int64_t height, int64_t width) {
  const auto n = static_cast<size_t>(channels);
  return {.channels = channels,
          .height = height,
          .width = width,
          .mean = std::vector<double>(n, 0.0),
          .std = std::vector<double>(n, 1.0 / 255)};
}
std::vector<uint8_t> bytes(const std::vector<float>& values) {
  std::vector<uint8_t> result;
  for (const float value : values) result.push_back(static_cast<uint8_t>(std::lround(value)));
  return result;
}

// What looked_at() leaves out may hold anything; and it is no more than the crops need.
TEST(ImageViews, LookAtNoPixelOutsideOfTheirBox) {
  int64_t smaller = 0;
  for (const char* preset : {"simclr", "swav", "weak", "none"}) {
    const auto views = image_views(image_view_preset(preset), levels(3, 24, 24));
    for (uint64_t id = 0; id < 20; ++id) {
      const Sample sample = made_up(47, 61, 3, id);
      const ImageBox box = views->looked_at(47, 61, 1, 2, id);
      Sample holed = sample;
      std::ranges::fill(holed.image.pixels, uint8_t{99});
      for (int64_t y = box.top; y < box.top + box.height; ++y)
        std::copy_n(sample.image.pixels.begin() + (y * 61 + box.left) * 3, box.width * 3,
                    holed.image.pixels.begin() + (y * 61 + box.left) * 3);
      smaller += box.height * box.width < 47 * 61;
      for (int64_t view = 0; view < views->count(); ++view)
        EXPECT_EQ(view_of(*views, holed, {.epoch = 2, .view = view}),
                  view_of(*views, sample, {.epoch = 2, .view = view}))
            << preset << " " << id;
    }
  }
  EXPECT_GT(smaller, 30);
}

TEST(ImageViews, DependOnTheirNameOnly) {
  const auto views = image_views(image_view_preset("simclr"), levels(3, 24, 24));
  const Sample sample = made_up(40, 30, 3, 5);
  const auto first = view_of(*views, sample);
  ViewScratch scratch;  // used before, for other pictures
  std::vector<float> again(first.size());
  views->make(made_up(100, 90, 1, 9), 4, 4, 1, again.data(), scratch);
  views->make(sample, 1, 0, 0, again.data(), scratch);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, view_of(*views, sample, {.view = 1}));
  EXPECT_NE(first, view_of(*views, sample, {.epoch = 1}));
  EXPECT_NE(first, view_of(*views, sample, {.seed = 2}));
  Sample other = sample;
  other.id = 6;
  EXPECT_NE(first, view_of(*views, other));
}

// Crop, flip and colour changes are those of the RGB view; only then come Lab and its scale.
TEST(ImageViews, LabIsTheSameView) {
  auto options = image_view_preset("simclr");
  options.count = 1;
  const Sample sample = made_up(30, 26, 3, 5);
  Preprocess lab = levels(3, 12, 10);
  split_parts(lab, "L_ab");
  const auto rgb = bytes(view_of(*image_views(options, levels(3, 12, 10)), sample));  // three planes
  Sample same{.id = 0, .image = {12, 10, 3, {}}, .vector = {}};
  for (size_t i = 0; i < 120; ++i)
    for (size_t c = 0; c < 3; ++c) same.image.pixels.push_back(rgb[c * 120 + i]);
  std::vector<float> expected(360);
  PreprocessScratch scratch;
  prepare(same, lab, expected.data(), scratch);
  EXPECT_EQ(view_of(*image_views(options, lab), sample), expected);
}

TEST(ImageViews, ShapeAndCount) {
  auto options = nothing();
  options.count = 5;
  const auto views = image_views(options, levels(1, 20, 30));
  EXPECT_EQ(views->count(), 5);
  EXPECT_EQ(views->shape(4), (std::vector<int64_t>{1, 20, 30}));
}

TEST(ImageViews, NoneIsThePlainView) {
  for (const int64_t channels : {1, 3})
    for (const int64_t source_channels : {1, 3})
      for (const auto& [height, width] : std::vector<std::pair<int64_t, int64_t>>{{28, 28}, {40, 33}, {9, 50}}) {
        Preprocess p{.channels = channels,
                     .height = 28,
                     .width = 28,
                     .mean = std::vector<double>(static_cast<size_t>(channels), 0.4),
                     .std = std::vector<double>(static_cast<size_t>(channels), 0.3)};
        const Sample sample = made_up(height, width, source_channels, 3);
        EXPECT_EQ(view_of(*image_views(nothing(), p), sample), view_of(*plain_view(p), sample));
      }
}

// Each kind of view is what plain options of its own would make under the same view number.
TEST(ImageViews, LocalCropsAreSmallViewsOfTheirOwnScale) {
  ImageViewOptions options{.count = 2,
                           .blur = 0.5,
                           .local_count = 3,
                           .local_scale_min = 0.1,
                           .local_scale_max = 0.3,
                           .local_side = 0.5,
                           .local_blur = 1};
  const auto views = image_views(options, levels(3, 24, 20));
  ASSERT_EQ(views->count(), 5);
  EXPECT_EQ(views->shape(1), (std::vector<int64_t>{3, 24, 20}));
  EXPECT_EQ(views->shape(2), (std::vector<int64_t>{3, 12, 10}));
  EXPECT_EQ(views->shape(4), (std::vector<int64_t>{3, 12, 10}));
  const auto global = image_views({.blur = 0.5}, levels(3, 24, 20));
  const auto local =
      image_views({.count = 5, .crop_scale_min = 0.1, .crop_scale_max = 0.3, .blur = 1}, levels(3, 12, 10));
  for (uint64_t id = 0; id < 20; ++id) {
    const Sample sample = made_up(37, 41, 3, id);
    for (int64_t view = 0; view < 5; ++view)
      ASSERT_EQ(view_of(*views, sample, {.view = view}), view_of(view < 2 ? *global : *local, sample, {.view = view}))
          << id << " " << view;
  }
}

// A picture whose red and green say where a pixel lies.
Sample coordinates(int64_t side, uint64_t id) {
  Sample sample{.id = id, .image = {side, side, 3, {}}, .vector = {}};
  for (int64_t y = 0; y < side; ++y)
    for (int64_t x = 0; x < side; ++x)
      sample.image.pixels.insert(sample.image.pixels.end(), {static_cast<uint8_t>(y), static_cast<uint8_t>(x), 0});
  return sample;
}

TEST(ImageViews, CropsMayBeHeldApart) {
  constexpr int64_t kSide = 200;
  auto options = nothing();
  options.count = 3;
  options.crop_scale_min = options.crop_scale_max = 0.04;  // 40 x 40 where the ratio is 1
  const auto centre = [](const Views& views, const Sample& sample, int64_t view) {
    const auto v = view_of(views, sample, {.view = view});  // the means of red and green: the centre of the crop
    const size_t n = v.size() / 3;
    double y = 0, x = 0;
    for (size_t i = 0; i < n; ++i) y += static_cast<double>(v[i]), x += static_cast<double>(v[n + i]);
    return std::pair{y / static_cast<double>(n), x / static_cast<double>(n)};
  };
  const auto free = image_views(options, levels(3, 16, 16));
  options.crop_apart = 0.3;
  const auto apart = image_views(options, levels(3, 16, 16));
  int nearer = 0;
  for (uint64_t id = 0; id < 60; ++id) {
    const Sample sample = coordinates(kSide, id);
    EXPECT_EQ(view_of(*free, sample, {.view = 0}), view_of(*apart, sample, {.view = 0}));  // the first is where it was
    const auto first = centre(*apart, sample, 0);
    for (const int64_t view : {1, 2}) {
      const auto there = centre(*apart, sample, view), before = centre(*free, sample, view);
      EXPECT_GE(std::hypot(there.first - first.first, there.second - first.second), 0.3 * kSide - 1.5)
          << id;  // levels, rounded
      const double was = std::hypot(before.first - first.first, before.second - first.second);
      if (was > 0.3 * kSide + 1.5) {
        EXPECT_EQ(view_of(*free, sample, {.view = view}), view_of(*apart, sample, {.view = view}));
      }
      nearer += was < 0.3 * kSide;
    }
  }
  EXPECT_GT(nearer, 20);   // the option had something to do
  options.crop_apart = 1;  // cannot be had: the farthest of the draws, and no endless loop
  EXPECT_EQ(view_of(*image_views(options, levels(3, 16, 16)), coordinates(kSide, 3), {.view = 1}).size(), 3u * 16 * 16);
}

TEST(ImageViews, LocalSideIsThatOfThePaper) {
  EXPECT_EQ(image_views({.local_count = 1}, levels(3, 224, 224))->shape(2), (std::vector<int64_t>{3, 96, 96}));
  EXPECT_EQ(image_views({.local_count = 1}, levels(1, 28, 28))->shape(2), (std::vector<int64_t>{1, 12, 12}));
  EXPECT_EQ(image_views({.local_count = 1}, levels(1, 1, 1))->shape(2), (std::vector<int64_t>{1, 1, 1}));
}

TEST(ImageViews, TheSecondViewMayHaveItsOwnProbabilities) {
  const auto both = image_views({.blur = 1, .second_blur = 0, .second_solarize = 1}, levels(3, 24, 24));
  const auto first = image_views({.blur = 1}, levels(3, 24, 24)),
             second = image_views({.blur = 0, .solarize = 1}, levels(3, 24, 24));
  const Sample sample = made_up(37, 41, 3, 1);
  EXPECT_EQ(view_of(*both, sample, {.view = 0}), view_of(*first, sample, {.view = 0}));
  EXPECT_EQ(view_of(*both, sample, {.view = 1}), view_of(*second, sample, {.view = 1}));
  EXPECT_NE(view_of(*both, sample, {.view = 1}), view_of(*first, sample, {.view = 1}));
}

TEST(ImageViews, LocalScalesOutOfOrderAreRefused) {
  EXPECT_THROW(image_views({.local_scale_min = 0.5, .local_scale_max = 0.2}, levels(3, 24, 24)), InvalidArgument);
}

// The whole chain, spelled out from the documented order and streams with the kernels and their reference resize.
std::vector<uint8_t> spelled_out(const ImageViewOptions& o, const Sample& sample, int64_t height, int64_t width) {
  const ViewStreams streams{1, 0, sample.id, 0};
  const Image& image = sample.image;
  CounterRng crop = streams(ViewOp::kCrop);
  const ImageBox box = random_crop(image.height, image.width,
                                   {o.crop_scale_min, o.crop_scale_max, o.crop_ratio_min, o.crop_ratio_max}, crop);
  const ImageSource source{image.pixels.data() + (box.top * image.width + box.left) * 3, image.width * 3, 3, box.height,
                           box.width};
  std::vector<uint8_t> picture(static_cast<size_t>(3 * height * width)), moved(picture.size());
  ResizeScratch scratch;
  image_resize_ref(source, {box.height, height, 0, height}, {box.width, width, 0, width}, picture.data(), scratch);
  ImagePlanes planes{picture.data(), 3, height, width};
  if (streams(ViewOp::kFlip).uniform() < o.flip) image_flip(planes);
  if (streams(ViewOp::kJitter).uniform() < o.jitter) {
    std::vector<int> order{0, 1, 2, 3};
    CounterRng shuffle = streams(ViewOp::kJitterOrder);
    for (size_t i = 3; i > 0; --i) std::swap(order[i], order[shuffle.below(i + 1)]);
    for (const int op : order) {
      if (op == 0)
        image_brightness(planes,
                         static_cast<float>(streams(ViewOp::kBrightness).uniform(1 - o.brightness, 1 + o.brightness)));
      if (op == 1)
        image_contrast(planes, static_cast<float>(streams(ViewOp::kContrast).uniform(1 - o.contrast, 1 + o.contrast)));
      if (op == 2)
        image_saturation(planes,
                         static_cast<float>(streams(ViewOp::kSaturation).uniform(1 - o.saturation, 1 + o.saturation)));
      if (op == 3) image_hue(planes, hue_steps(streams(ViewOp::kHue).uniform(-o.hue, o.hue)));
    }
  }
  if (streams(ViewOp::kGreyscale).uniform() < o.greyscale) image_greyscale(planes);
  CounterRng blur = streams(ViewOp::kBlur);
  BlurScratch blur_scratch;
  if (blur.uniform() < o.blur)
    image_blur(planes, blur.uniform(o.blur_sigma_min, o.blur_sigma_max), blur_radius(std::min(height, width)),
               blur_scratch);
  if (streams(ViewOp::kSolarize).uniform() < o.solarize) image_solarize(planes, 128);
  image_rotate(planes, streams(ViewOp::kRotation).uniform(-o.rotation, o.rotation), moved.data());
  picture = moved;
  planes.data = picture.data();
  CounterRng shift = streams(ViewOp::kTranslation);
  const auto dx = std::lrint(shift.uniform(-o.translation, o.translation) * static_cast<double>(width));
  const auto dy = std::lrint(shift.uniform(-o.translation, o.translation) * static_cast<double>(height));
  image_translate(planes, dx, dy, moved.data());
  CounterRng noise = streams(ViewOp::kNoise);
  for (auto& value : moved)
    value = static_cast<uint8_t>(std::clamp(std::floor(value + 255 * o.noise * noise.normal() + 0.5), 0.0, 255.0));
  CounterRng cutout = streams(ViewOp::kCutout);
  const auto side = std::lrint(o.cutout * static_cast<double>(std::min(height, width)));
  const auto row = static_cast<int64_t>(cutout.below(static_cast<uint64_t>(height)));
  const auto column = static_cast<int64_t>(cutout.below(static_cast<uint64_t>(width)));
  const uint8_t black[3]{};
  image_fill({moved.data(), 3, height, width}, row - side / 2, column - side / 2, side, side, black);
  return moved;
}

TEST(ImageViews, DocumentedOrderAndStreams) {
  ImageViewOptions o{.blur = 0.7, .solarize = 0.5, .rotation = 20, .translation = 0.2, .noise = 0.05, .cutout = 0.3};
  const auto views = image_views(o, levels(3, 26, 22));
  for (uint64_t id = 0; id < 60; ++id) {
    const Sample sample = made_up(37, 41, 3, id);
    ASSERT_EQ(bytes(view_of(*views, sample)), spelled_out(o, sample, 26, 22)) << id;
  }
}

TEST(ImageViews, SwitchingAnOperationOffKeepsTheOthersDraws) {
  ImageViewOptions with{.jitter = 1, .greyscale = 0, .blur = 0, .solarize = 1}, without = with;
  without.solarize = 0;
  const Sample sample = made_up(32, 32, 3, 8);
  auto expected = bytes(view_of(*image_views(without, levels(3, 32, 32)), sample));
  image_solarize({expected.data(), 3, 32, 32}, 128);
  EXPECT_EQ(bytes(view_of(*image_views(with, levels(3, 32, 32)), sample)), expected);
  // On a grey picture hue does nothing, so leaving it out must change nothing: not the order of the rest either.
  const Sample grey = made_up(32, 32, 1, 8);
  auto no_hue = with;
  no_hue.hue = 0;
  for (int64_t view = 0; view < 20; ++view)
    EXPECT_EQ(view_of(*image_views(with, levels(3, 32, 32)), grey, {.view = view}),
              view_of(*image_views(no_hue, levels(3, 32, 32)), grey, {.view = view}));
}

// Share of 4000 views that differ from the unchanged picture.
double share_changed(const ImageViewOptions& options, const Sample& sample) {
  const auto p = levels(sample.image.channels, sample.image.height, sample.image.width);
  const auto views = image_views(options, p);
  const auto plain = view_of(*plain_view(p), sample);
  int changed = 0;
  for (uint32_t i = 0; i < 4000; ++i) changed += view_of(*views, sample, {.epoch = i}) != plain;
  return changed / 4000.0;
}

TEST(ImageViews, Probabilities) {
  const Sample sample = made_up(6, 7, 3, 2);
  const auto close_to = [](double p) { return testing::DoubleNear(p, 5 * std::sqrt(p * (1 - p) / 4000)); };
  auto o = nothing();
  EXPECT_EQ(share_changed(o, sample), 0);
  o.flip = 0.3;
  EXPECT_THAT(share_changed(o, sample), close_to(0.3));
  o = nothing(), o.greyscale = 0.2;
  EXPECT_THAT(share_changed(o, sample), close_to(0.2));
  o = nothing(), o.solarize = 0.6;
  EXPECT_THAT(share_changed(o, sample), close_to(0.6));
  o = nothing(), o.blur = 0.5, o.blur_sigma_min = 0.8;
  EXPECT_THAT(share_changed(o, sample), close_to(0.5));
  o = nothing(), o.jitter = 0.8, o.hue = 0.5, o.brightness = 0.9;
  EXPECT_NEAR(share_changed(o, sample), 0.8, 0.04);  // a few factors are too near 1 to change a byte
  o.jitter = 1;
  EXPECT_GT(share_changed(o, sample), 0.98);
}

TEST(ImageViews, BrightnessFactorsAreUniform) {
  auto o = nothing();
  o.jitter = 1, o.brightness = 0.4;
  const Sample sample = constant(1, 1, {100});
  const auto views = image_views(o, levels(1, 1, 1));
  double sum = 0, square = 0;
  for (uint32_t i = 0; i < 4000; ++i) {
    const double factor = (view_of(*views, sample, {.epoch = i})[0] + 0.5) / 100;  // the byte is rounded down
    ASSERT_GE(factor, 0.6);
    ASSERT_LE(factor, 1.41);
    sum += factor, square += (factor - 1) * (factor - 1);
  }
  EXPECT_NEAR(sum / 4000, 1, 5 * 0.8 / std::sqrt(12.0 * 4000));
  EXPECT_NEAR(square / 4000, 0.8 * 0.8 / 12, 0.004);
}

TEST(ImageViews, NoiseHasItsDeviation) {
  auto o = nothing();
  o.noise = 0.04;
  const auto out = view_of(*image_views(o, levels(3, 64, 64)), constant(64, 64, {128, 128, 128}));
  double sum = 0, square = 0;
  for (const float value : out) sum += value - 128, square += (value - 128) * (value - 128);
  const auto n = static_cast<double>(out.size());
  EXPECT_NEAR(sum / n, 0, 5 * 10.2 / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(square / n), 10.2, 0.35);  // and rounding adds 1/12 to the variance
}

TEST(ImageViews, CutoutIsTheMeanColour) {
  auto o = nothing();
  o.cutout = 0.5;
  Preprocess p{.channels = 3, .height = 32, .width = 32, .mean = {0.2, 0.4, 0.6}, .std = {0.25, 0.25, 0.25}};
  const auto views = image_views(o, p);
  const Sample white = constant(32, 32, {255, 255, 255});
  int largest = 0, smallest = 1024;
  for (uint32_t i = 0; i < 500; ++i) {
    const auto out = view_of(*views, white, {.epoch = i});
    int cut = 0;
    for (size_t k = 0; k < 1024; ++k) cut += std::abs(out[k]) < 0.01;  // 0 after normalisation, to the level
    largest = std::max(largest, cut), smallest = std::min(smallest, cut);
  }
  EXPECT_EQ(largest, 256);  // 16 x 16
  EXPECT_GE(smallest, 64);  // a corner: a quarter of it, one row and column more or less
  EXPECT_LT(smallest, 100);
}

TEST(ImageViews, GreySourceInThreeChannelsStaysGrey) {
  const auto views = image_views(image_view_preset("simclr"), levels(3, 28, 28));
  for (uint64_t id = 0; id < 20; ++id) {
    const auto out = view_of(*views, made_up(28, 28, 1, id));
    for (size_t i = 0; i < 784; ++i) ASSERT_TRUE(out[i] == out[784 + i] && out[i] == out[1568 + i]);
  }
}

TEST(ImageViews, ColourSourceInOneChannelIsItsLuma) {
  const auto out = view_of(*image_views(nothing(), levels(1, 4, 4)), constant(4, 4, {255, 0, 0}));
  for (const float value : out) EXPECT_EQ(std::lround(value), 76);  // 0.299 * 255
}

TEST(ImageViews, ExtremeSizes) {
  ImageViewOptions everything{.jitter = 1,
                              .greyscale = 0.5,
                              .blur = 1,
                              .solarize = 0.5,
                              .rotation = 180,
                              .translation = 1,
                              .noise = 0.1,
                              .cutout = 1};
  for (const auto& [out_height, out_width] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {32, 32}, {3, 70}, {33, 1}})
    for (const int64_t channels : {1, 3}) {
      Preprocess p{.channels = channels, .height = out_height, .width = out_width};
      const auto views = image_views(everything, p);
      const auto crop_free = image_views(nothing(), p);
      for (const auto& [height, width] :
           std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {1, 500}, {500, 1}, {2, 3}, {31, 33}})
        for (const int64_t source_channels : {1, 3})
          for (int64_t view = 0; view < 5; ++view)
            for (const auto* v : {&views, &crop_free})
              for (const float value : view_of(**v, made_up(height, width, source_channels, 1), {.view = view}))
                ASSERT_TRUE(value >= 0 && value <= 1.00001f) << value;
    }
}

TEST(ImageViews, RefusesBadOptionsAndPictures) {
  const auto p = levels(3, 8, 8);
  const auto refused = [&](const std::function<void(ImageViewOptions&)>& change, const std::string& part) {
    ImageViewOptions o;
    change(o);
    EXPECT_THAT([&] { image_views(o, p); }, testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr(part)));
  };
  refused([](auto& o) { o.flip = 1.5; }, "flip");
  refused([](auto& o) { o.hue = 0.6; }, "hue");
  refused([](auto& o) { o.crop_scale_min = 0; }, "crop_scale_min");
  refused([](auto& o) { o.crop_scale_max = 0.01; }, "crop_scale_max");
  refused([](auto& o) { o.crop_ratio_min = 2; }, "crop_ratio_max");
  refused([](auto& o) { o.blur_sigma_min = 3; }, "blur_sigma_max");
  refused([](auto& o) { o.brightness = std::nan(""); }, "brightness");
  refused([](auto& o) { o.count = 0; }, "count");
  const auto views = image_views({}, p);
  Sample sample = made_up(8, 8, 3, 0);
  sample.image.pixels.pop_back();
  EXPECT_THROW(view_of(*views, sample), InvalidArgument);
  EXPECT_THROW(view_of(*views, Sample{}), InvalidArgument);
  EXPECT_THROW(image_views({}, {.modality = "vector", .features = 3}), InvalidArgument);
}

}  // namespace
}  // namespace kindred
