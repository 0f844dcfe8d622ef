// SPDX-License-Identifier: Apache-2.0
// Data kind `cifar`: the binary version of CIFAR-10 and CIFAR-100. A record is the label (CIFAR-100: coarse, then fine),
// then 3072 bytes, 32 x 32 in each of three colour planes. Kept in memory with the channels last.
#include <algorithm>
#include <sstream>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/data/byte_reader.h"
#include "kindred/data/kinds.h"
#include "kindred/data/memory_images.h"

namespace kindred {
namespace {

constexpr int64_t kSide = 32, kPlane = kSide * kSide, kPixels = 3 * kPlane;

struct Layout {
  int64_t label_bytes = 1;  // in front of the pixels
  int64_t label_at = 0;     // which of them is the label
  int64_t classes = 10;
  const char* names_file = "batches.meta.txt";
};

Layout layout_of(const DataSpec& spec) {
  const bool hundred = key_choice(spec, "classes", {"10", "100"}) == "100";
  const std::string labels = key_choice(spec, "labels", {"fine", "coarse"});
  check(hundred || !spec.keys.contains("labels"), "cifar: expected labels= only with classes=100, got ", spec.text);
  if (!hundred) return {};
  if (labels == "coarse")
    return {.label_bytes = 2, .label_at = 0, .classes = 20, .names_file = "coarse_label_names.txt"};
  return {.label_bytes = 2, .label_at = 1, .classes = 100, .names_file = "fine_label_names.txt"};
}

// data_batch_1.bin ... in the order of their numbers.
std::vector<std::filesystem::path> training_batches(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("data_batch_") && name.ends_with(".bin")) files.push_back(entry.path());
  }
  std::ranges::sort(files, {}, [](const auto& path) {
    const std::string name = path.filename().string();
    return std::pair(name.size(), name);
  });
  return files;
}

std::vector<std::filesystem::path> files_of(const DataSpec& spec, const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) {
    check(!spec.keys.contains("split"), "cifar: expected split= only with a folder, got ", spec.text);
    return {path};
  }
  const std::string split = key_choice(spec, "split", {"train", "test"});
  std::vector<std::filesystem::path> files;
  if (split == "train") files = training_batches(path);
  for (const std::string& name : {split + "_batch.bin", split + ".bin"})
    if (files.empty() && std::filesystem::exists(path / name)) files = {path / name};
  if (files.empty())
    throw IoError(path.string(), split == "train" ? "expected data_batch_*.bin or train.bin, found none"
                                                  : "expected test_batch.bin or test.bin, found none");
  return files;
}

std::vector<std::string> read_class_names(const std::filesystem::path& path, int64_t count) {
  if (!std::filesystem::exists(path)) return {};
  std::istringstream lines(read_file(path));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  const auto got = static_cast<int64_t>(names.size());
  if (got != count)
    throw Corruption(path.string(), -1, concat("expected ", count, " class names, one a line, got ", got));
  return names;
}

void append_file(const std::filesystem::path& path, const Layout& layout, MemoryImages& set) {
  ByteReader reader(path);
  set.parts.push_back({.file = path.filename().string(), .first = static_cast<int64_t>(set.labels.size())});
  std::vector<uint8_t> record(static_cast<size_t>(layout.label_bytes + kPixels));
  for (;;) {
    const int64_t at = reader.offset();
    const int64_t got = reader.read(record.data(), static_cast<int64_t>(record.size()));
    if (got == 0) return;
    if (got != static_cast<int64_t>(record.size()))
      throw Corruption(reader.name(), at, concat("expected a CIFAR record of ", record.size(), " bytes, got ", got));
    for (int64_t i = 0; i < layout.label_bytes; ++i) {
      const int64_t limit = i == layout.label_at ? layout.classes : layout.classes == 20 ? 100 : 20;
      if (record[static_cast<size_t>(i)] >= limit)
        throw Corruption(reader.name(), at + i,
                         concat("expected a label below ", limit, ", got ", int{record[static_cast<size_t>(i)]}));
    }
    set.labels.push_back(record[static_cast<size_t>(layout.label_at)]);
    const uint8_t* planes = record.data() + layout.label_bytes;
    const size_t first = set.pixels.size();
    set.pixels.resize(first + static_cast<size_t>(kPixels));
    for (int64_t p = 0; p < kPlane; ++p)
      for (int64_t c = 0; c < 3; ++c) set.pixels[first + static_cast<size_t>(3 * p + c)] = planes[c * kPlane + p];
  }
}

}  // namespace

DatasetPtr open_cifar(const DataSpec& spec) {
  check_keys(spec, {"classes", "labels", "split"});
  const std::filesystem::path path = spec.path;
  const Layout layout = layout_of(spec);
  MemoryImages set;
  set.info = {.name = spec.text, .channels = 3, .height = kSide, .width = kSide, .labelled = true, .class_names = {}};
  for (const auto& file : files_of(spec, path)) append_file(file, layout, set);
  const auto folder = std::filesystem::is_directory(path) ? path : path.parent_path();
  set.info.class_names = read_class_names(folder / layout.names_file, layout.classes);
  return memory_dataset(std::move(set));
}

}  // namespace kindred
