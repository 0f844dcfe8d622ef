// SPDX-License-Identifier: Apache-2.0
// Data kinds `idx` (any IDX file of images) and `fashion-mnist` (the four IDX files of Debian's dataset-fashion-mnist).
#include <algorithm>
#include <array>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/data/idx.h"
#include "kindred/data/image_file.h"
#include "kindred/data/kinds.h"
#include "kindred/data/memory_images.h"

namespace kindred {
namespace {

constexpr const char* kFashionFolder = "/usr/share/datasets/fashion-mnist";
constexpr std::array kFashionNames = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                      "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

void check_image_shape(const IdxArray& array, const std::string& file) {
  const auto& shape = array.shape;
  if (array.type != kIdxUbyte)
    throw Corruption(file, 2, concat("expected images of type 8 (ubyte), got ", int{array.type}));
  if (shape.size() != 3 && shape.size() != 4)
    throw Corruption(file, 3, concat("expected 3 dimensions [N, H, W] or 4 [N, H, W, C], got ", shape.size()));
  check_image_size(shape[1], shape[2], file, 8);
  if (shape.size() == 4 && shape[3] != 1 && shape[3] != 3)
    throw Corruption(file, 16, concat("expected 1 or 3 channels, got ", shape[3]));
}

// FOLDER/name.gz, or FOLDER/name where that is there instead. Throws IoError naming the Debian package.
std::filesystem::path fashion_file(const std::filesystem::path& folder, const std::string& name) {
  for (const char* end : {".gz", ""})
    if (const auto path = folder / (name + end); std::filesystem::exists(path)) return path;
  throw IoError((folder / (name + ".gz")).string(),
                "no such file; install the Debian package dataset-fashion-mnist, or name a folder that has the four "
                "files: fashion-mnist/train?folder=DIR");
}

}  // namespace

DatasetPtr idx_dataset(const std::filesystem::path& images, const std::filesystem::path& labels, DatasetInfo info) {
  IdxArray array = read_idx(images);
  check_image_shape(array, images.string());
  MemoryImages set{.info = std::move(info), .pixels = std::move(array.bytes), .labels = {}, .parts = {}};
  set.parts.push_back({.file = images.filename().string(), .first = 0});
  set.info.height = array.shape[1];
  set.info.width = array.shape[2];
  set.info.channels = array.shape.size() == 4 ? array.shape[3] : 1;
  if (!labels.empty()) {
    set.labels = read_idx_labels(labels);
    const auto count = static_cast<int64_t>(set.labels.size());
    if (count != array.shape[0])
      throw Corruption(labels.string(), 4,
                       concat("expected ", array.shape[0], " labels, as many as images, got ", count));
    const auto classes = static_cast<int64_t>(set.info.class_names.size());
    const auto worst = std::max_element(set.labels.begin(), set.labels.end());
    if (classes > 0 && count > 0 && *worst >= classes)
      throw Corruption(
          labels.string(), -1,
          concat("expected labels below ", classes, ", got ", *worst, " for sample ", worst - set.labels.begin()));
  }
  set.info.labelled = !set.labels.empty();
  return memory_dataset(std::move(set));
}

DatasetPtr open_idx(const DataSpec& spec) {
  check_keys(spec, {"labels"});
  const std::string named = key_or(spec, "labels", "");
  std::filesystem::path labels;
  if (named.empty()) labels = find_idx_labels(spec.path);
  else if (named != "none") labels = named;
  return idx_dataset(spec.path, labels, {.name = spec.text, .class_names = {}});
}

DatasetPtr open_fashion_mnist(const DataSpec& spec) {
  check_keys(spec, {"folder"});
  const std::string split = spec.split.empty() ? "train" : spec.split;
  check(split == "train" || split == "test", "fashion-mnist: expected split train or test, got \"", split, "\"");
  const std::filesystem::path folder = key_or(spec, "folder", kFashionFolder);
  const std::string prefix = split == "train" ? "train" : "t10k";
  DatasetInfo info{.name = "fashion-mnist/" + split, .class_names = {kFashionNames.begin(), kFashionNames.end()}};
  if (const size_t keys = spec.text.find('?'); keys != std::string::npos) info.name += spec.text.substr(keys);
  return idx_dataset(fashion_file(folder, prefix + "-images-idx3-ubyte"),
                     fashion_file(folder, prefix + "-labels-idx1-ubyte"), std::move(info));
}

}  // namespace kindred
