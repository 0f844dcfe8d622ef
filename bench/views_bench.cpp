// SPDX-License-Identifier: Apache-2.0
// Making views on one thread: what the loader's workers spend. Items are pictures, two views each; pictures of 28x28x1
// stay that size, those of 256x256x3 become 224x224.
#include <benchmark/benchmark.h>

#include "kindred/core/rng.h"
#include "kindred/kernels/image_resize.h"
#include "kindred/views/image_views.h"

namespace kindred {
namespace {

Image noise_image(int64_t side, int64_t channels) {
  Image image{.height = side, .width = side, .channels = channels, .pixels = {}};
  CounterRng rng(0, RngOp::kTest);
  for (int64_t i = 0; i < side * side * channels; ++i) image.pixels.push_back(static_cast<uint8_t>(rng.below(256)));
  return image;
}

void views(benchmark::State& state, const char* preset) {
  const int64_t side = state.range(0), channels = state.range(1), to = side == 256 ? 224 : side;
  Sample sample;
  sample.image = noise_image(side, channels);
  Preprocess preprocess;
  preprocess.channels = channels;
  preprocess.height = preprocess.width = to;
  const auto recipe = image_views(image_view_preset(preset), preprocess);
  std::vector<float> out(static_cast<size_t>(channels * to * to));
  ViewScratch scratch;
  for (auto _ : state) {
    ++sample.id;
    for (int64_t view = 0; view < recipe->count(); ++view) recipe->make(sample, 0, 0, view, out.data(), scratch);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(views, weak, "weak")->Args({28, 1})->Args({32, 3});
BENCHMARK_CAPTURE(views, simclr_small, "simclr_small")->Args({28, 1})->Args({32, 3});
BENCHMARK_CAPTURE(views, simclr, "simclr")->Args({256, 3});

template <auto Resize>
void resize(benchmark::State& state) {
  const int64_t from = state.range(0), to = state.range(1);
  const Image image = noise_image(from, 3);
  const ImageSource source{image.pixels.data(), from * 3, 3, from, from};
  const ResizeAxis axis{.in = from, .out = to, .first = 0, .count = to, .mirrored = false};
  std::vector<uint8_t> planes(static_cast<size_t>(3 * to * to));
  ResizeScratch scratch;
  for (auto _ : state) {
    Resize(source, axis, axis, planes.data(), scratch);
    benchmark::DoNotOptimize(planes.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(resize<image_resize>)->Name("resize")->Args({32, 24})->Args({256, 224});
BENCHMARK(resize<image_resize_ref>)->Name("resize_ref")->Args({32, 24})->Args({256, 224});

}  // namespace
}  // namespace kindred
