// SPDX-License-Identifier: Apache-2.0
// Making views on one thread: what the loader's workers spend. Items are views; pictures of 28x28x1 stay that size, those
// of 500x375x3 become 224x224.
//
//   kindred_bench --benchmark_filter=...                        made-up pictures
//   kindred_bench --data=SPEC [--preset=simclr] [--size=224]    pictures of a data set, in turn: `read` opens and decodes
//       them, `views` makes views of decoded ones, `pairs` does both. bench/peers/views.py runs it beside other libraries.
//   --avx2 leaves out what AVX-512 adds.
#include <benchmark/benchmark.h>
#include <hwy/targets.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kindred/core/rng.h"
#include "kindred/data/spec.h"
#include "kindred/kernels/image_resize.h"
#include "kindred/views/image_views.h"

namespace kindred {
namespace {

Image noise_image(int64_t height, int64_t width, int64_t channels) {
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  CounterRng rng(0, RngOp::kTest);
  for (int64_t i = 0; i < height * width * channels; ++i) image.pixels.push_back(static_cast<uint8_t>(rng.below(256)));
  return image;
}

void views(benchmark::State& state, const char* preset) {
  const int64_t height = state.range(0), width = state.range(1), channels = state.range(2);
  const int64_t to = std::min<int64_t>(height, 224);
  Sample sample;
  sample.image = noise_image(height, width, channels);
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
  state.SetItemsProcessed(state.iterations() * recipe->count());
}
BENCHMARK_CAPTURE(views, weak, "weak")->Args({28, 28, 1})->Args({32, 32, 3});
BENCHMARK_CAPTURE(views, simclr_small, "simclr_small")->Args({28, 28, 1})->Args({32, 32, 3});
BENCHMARK_CAPTURE(views, simclr, "simclr")->Args({256, 256, 3})->Args({375, 500, 3});

template <auto Resize>
void resize(benchmark::State& state) {
  const int64_t from = state.range(0), to = state.range(1);
  const Image image = noise_image(from, from, 3);
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

// The pictures of a data set, one after the other, as a worker of the loader takes them.
struct DataRun {
  DatasetPtr dataset;
  ViewsPtr recipe;
  std::vector<Sample> decoded;
};

std::shared_ptr<const DataRun> data_run(std::string_view spec, const std::string& preset, int64_t size) {
  constexpr int64_t kMostPictures = 1024;
  auto run = std::make_shared<DataRun>();
  run->dataset = open_dataset(spec);
  Preprocess preprocess;
  preprocess.height = preprocess.width = size;
  run->recipe = image_views(image_view_preset(preset), preprocess);
  run->decoded.resize(static_cast<size_t>(std::min(run->dataset->size(), kMostPictures)));
  for (size_t i = 0; i < run->decoded.size(); ++i) run->dataset->get(static_cast<int64_t>(i), run->decoded[i]);
  return run;
}

void bench_data(benchmark::State& state, const DataRun& run, bool read, bool make) {
  std::vector<std::vector<float>> out;
  for (int64_t v = 0; v < run.recipe->count(); ++v) {
    const auto shape = run.recipe->shape(v);
    out.emplace_back(static_cast<size_t>(shape[0] * shape[1] * shape[2]));
  }
  Sample sample;
  ViewScratch scratch;
  size_t at = 0;
  uint32_t epoch = 0;
  for (auto _ : state) {
    const auto index = static_cast<int64_t>(at);
    const auto looked_at = [&run, index, epoch](int64_t height, int64_t width) {
      return run.recipe->looked_at(height, width, 0, epoch, run.dataset->id(index));
    };
    if (read && make) run.dataset->get_part(index, std::cref(looked_at), sample);
    else if (read) run.dataset->get(index, sample);
    const Sample& source = read ? sample : run.decoded[at];
    for (size_t v = 0; make && v < out.size(); ++v)
      run.recipe->make(source, 0, epoch, static_cast<int64_t>(v), out[v].data(), scratch);
    benchmark::DoNotOptimize(out.data());
    if (++at == run.decoded.size()) at = 0, ++epoch;
  }
  state.SetItemsProcessed(state.iterations() * (make ? run.recipe->count() : 1));
}

void register_data(std::string_view spec, const std::string& preset, int64_t size) {
  const auto run = data_run(spec, preset, size);
  const auto add = [&](const char* name, bool read, bool make) {
    benchmark::RegisterBenchmark(name,
                                 [run, read, make](benchmark::State& state) { bench_data(state, *run, read, make); });
  };
  add("data/read", true, false);
  add("data/views", false, true);
  add("data/pairs", true, true);
}

}  // namespace
}  // namespace kindred

int main(int argc, char** argv) {
  std::string spec, preset = "simclr", size = "224";
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto take = [&](std::string_view flag, std::string& value) {
      if (!argument.starts_with(flag)) return false;
      value = argument.substr(flag.size());
      return true;
    };
    if (argument == "--avx2") hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
    else if (!take("--data=", spec) && !take("--preset=", preset) && !take("--size=", size)) argv[kept++] = argv[i];
  }
  if (!spec.empty()) {
    benchmark::ClearRegisteredBenchmarks();
    kindred::register_data(spec, preset, std::stol(size));
  }
  argc = kept;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
