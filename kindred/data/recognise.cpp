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

constexpr size_t kTarMagic = 257;

// "csv" for "x.csv" and "x.csv.gz".
std::string table_ending(std::filesystem::path path) {
  if (path.extension() == ".gz") path = path.stem();
  for (const char* ending : {"csv", "tsv", "jsonl"})
    if (path.extension() == std::string(".") + ending) return ending;
  return {};
}

std::string recognise_file(const std::filesystem::path& path) {
  if (const std::string table = table_ending(path); !table.empty()) return table;
  uint8_t head[kTarMagic + 5] = {};
  try {
    ByteReader reader(path);
    if (reader.read(head, sizeof head) < 6) return {};
  } catch (const Corruption&) {
    return {};
  }
  if (std::memcmp(head + kTarMagic, "ustar", 5) == 0) return "tar";
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
