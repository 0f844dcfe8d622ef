// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/recognise.h"

#include <cstring>

#include "kindred/core/error.h"
#include "kindred/data/byte_reader.h"
#include "kindred/data/idx.h"

namespace kindred {
namespace {

constexpr int64_t kCifar10Record = 1 + 3072;
constexpr int64_t kCifar100Record = 2 + 3072;

std::string recognise_file(const std::filesystem::path& path) {
  uint8_t head[6] = {};
  try {
    ByteReader reader(path);
    if (reader.read(head, sizeof head) < static_cast<int64_t>(sizeof head)) return {};
  } catch (const Corruption&) {
    return {};
  }
  if (std::memcmp(head, "\x93NUMPY", 6) == 0) return "npy";
  const bool idx_type = head[2] == kIdxUbyte || head[2] == kIdxInt;
  if (head[0] == 0 && head[1] == 0 && idx_type && head[3] >= 1 && head[3] <= 4) return "idx";
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path));
  if (path.extension() == ".bin" && (size % kCifar10Record == 0 || size % kCifar100Record == 0)) return "cifar";
  return {};
}

}  // namespace

std::string recognise(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return recognise_file(path);
  for (const char* name : {"data_batch_1.bin", "test_batch.bin", "batches.meta.txt", "fine_label_names.txt"})
    if (std::filesystem::exists(path / name)) return "cifar";
  return "images";
}

}  // namespace kindred
