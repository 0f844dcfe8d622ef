// SPDX-License-Identifier: Apache-2.0
#include "tests/train/toy_runs.h"

#include <torch/utils.h>

#include <algorithm>
#include <cstring>

#include "kindred/core/file.h"
#include "kindred/core/rng.h"

namespace kindred::test {
namespace {

// Version 1.0 of the NPY format: magic, version, header length, a header padded to 64 bytes, the numbers.
std::string npy_bytes(const std::vector<float>& values, int64_t rows, int64_t columns) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                       std::to_string(columns) + "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string out = "\x93NUMPY";
  out += '\x01';
  out += '\0';
  out += static_cast<char>(header.size() & 0xFF);
  out += static_cast<char>(header.size() >> 8);
  out += header;
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return out;
}

}  // namespace

std::string toy_vectors(const std::filesystem::path& file, int64_t samples, int64_t features, int64_t classes) {
  std::vector<float> values;
  for (int64_t i = 0; i < samples; ++i) {
    CounterRng centre(1, RngOp::kTest, static_cast<uint64_t>(i % classes));
    CounterRng noise(2, RngOp::kTest, static_cast<uint64_t>(i));
    for (int64_t f = 0; f < features; ++f) values.push_back(static_cast<float>(centre.normal() + 0.5 * noise.normal()));
  }
  write_file(file, npy_bytes(values, samples, features));
  return "npy:" + file.string();
}

std::string toy_images(const std::filesystem::path& file, int64_t samples) {
  std::string bytes{0, 0, 8, 3};  // unsigned bytes, three dimensions
  for (const int64_t size : {samples, int64_t{8}, int64_t{8}})
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xFF);
  for (int64_t i = 0; i < samples; ++i) {
    CounterRng rng(3, RngOp::kTest, static_cast<uint64_t>(i));
    for (int64_t pixel = 0; pixel < 64; ++pixel) bytes += static_cast<char>(rng.below(256));
  }
  write_file(file, bytes);
  return "idx:" + file.string() + "?labels=none";
}

TrainOptions toy_options(const std::string& data, std::initializer_list<std::string> settings) {
  torch::set_num_threads(1);  // the tensors are too small to share; on a busy machine the threads wait for each other
  Config config;
  config.set("data.train", data, "test");
  for (const char* setting :
       {"encoder.name=mlp", "encoder.hidden=[16, 16]", "head.hidden=16", "head.out=8", "run.batch=8", "run.steps=13",
        "run.log_every=4", "run.checkpoint_every=5", "run.seed=3", "loader.workers=1", "optim.lr=0.05"})
    config.set_assignment(setting, "test");
  for (const auto& setting : settings) config.set_assignment(setting, "test");
  return resolve(config);
}

std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  if (!std::filesystem::exists(folder)) return out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (!entry.is_directory()) out.push_back(std::filesystem::relative(entry.path(), folder).string());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace kindred::test
