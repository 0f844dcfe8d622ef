// SPDX-License-Identifier: Apache-2.0
// Data kind `npy`: float [N, F] as vectors, uint8 [N, H, W] or [N, H, W, C] as images, read where it lies on the disk.
// Ids are row numbers. Vectors are searched for NaN and infinity (also what float32 cannot hold) once on opening.
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/data/image_file.h"
#include "kindred/data/kinds.h"
#include "kindred/data/npy.h"

namespace kindred {
namespace {

class NpyDataset : public Dataset {
 public:
  NpyDataset(const std::filesystem::path& path, std::string name) : file_(path) { info_.name = std::move(name); }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return file_.shape()[0]; }
  int64_t label(int64_t index) const override {
    return labels_.empty() ? kNoLabel : labels_[static_cast<size_t>(index)];
  }
  uint64_t id(int64_t index) const override { return static_cast<uint64_t>(index); }
  std::string source(int64_t index) const override {
    return concat(std::filesystem::path(file_.name()).filename().string(), "[", index, "]");
  }

  void take_labels(const std::filesystem::path& path) {
    labels_ = read_npy_labels(path);
    if (static_cast<int64_t>(labels_.size()) != size())
      throw Corruption(path.string(), -1,
                       concat("expected ", size(), " labels, as many as samples, got ", labels_.size()));
    info_.labelled = true;
  }

 protected:
  void name_sample(int64_t index, Sample& sample) const {
    sample.id = id(index);
    sample.label = label(index);
  }
  NpyFile file_;
  DatasetInfo info_;

 private:
  std::vector<int64_t> labels_;
};

class NpyVectors final : public NpyDataset {
 public:
  NpyVectors(const std::filesystem::path& path, std::string name) : NpyDataset(path, std::move(name)) {
    info_.modality = Modality::kVector;
    info_.features = file_.shape()[1];
    check(info_.features >= 1, file_.name(), ": expected vectors of at least 1 feature, got 0");
    std::vector<float> scratch(static_cast<size_t>(info_.features));
    for (int64_t row = 0; row < size(); ++row) read_row(row, scratch.data());
  }

  void get(int64_t index, Sample& sample) const override {
    name_sample(index, sample);
    sample.image.pixels.clear();
    sample.vector.resize(static_cast<size_t>(info_.features));
    read_row(index, sample.vector.data());
  }

 private:
  void read_row(int64_t row, float* out) const {
    const int64_t first = row * file_.strides()[0], step = file_.strides()[1];
    if (file_.type() == "f4" && !file_.swapped() && step == 1)
      std::memcpy(out, file_.bytes() + first * file_.item_bytes(), static_cast<size_t>(info_.features) * sizeof(float));
    else
      for (int64_t column = 0; column < info_.features; ++column)
        out[column] = static_cast<float>(file_.real(first + column * step));
    for (int64_t column = 0; column < info_.features; ++column)
      if (!std::isfinite(out[column])) [[unlikely]] {
        const int64_t position = first + column * step;
        throw Corruption(
            file_.name(), file_.offset(position),
            concat("expected finite float32 values, got ", file_.real(position), " in row ", row, ", column ", column));
      }
  }
};

class NpyImages final : public NpyDataset {
 public:
  NpyImages(const std::filesystem::path& path, std::string name) : NpyDataset(path, std::move(name)) {
    const auto& shape = file_.shape();
    check_image_size(shape[1], shape[2], file_.name(), -1);
    info_.height = shape[1];
    info_.width = shape[2];
    info_.channels = shape.size() == 4 ? shape[3] : 1;
    check(info_.channels == 1 || info_.channels == 3, file_.name(),
          ": expected [N, H, W, C] with 1 or 3 channels, got ", info_.channels);
  }

  void get(int64_t index, Sample& sample) const override {
    name_sample(index, sample);
    sample.vector.clear();
    sample.image.height = info_.height;
    sample.image.width = info_.width;
    sample.image.channels = info_.channels;
    sample.image.pixels.resize(static_cast<size_t>(info_.height * info_.width * info_.channels));
    const auto& strides = file_.strides();
    const int64_t channel_stride = strides.size() == 4 ? strides[3] : 1;
    uint8_t* to = sample.image.pixels.data();
    for (int64_t y = 0; y < info_.height; ++y)
      for (int64_t x = 0; x < info_.width; ++x) {
        const uint8_t* from = file_.bytes() + index * strides[0] + y * strides[1] + x * strides[2];
        for (int64_t c = 0; c < info_.channels; ++c) *to++ = from[c * channel_stride];
      }
  }
};

}  // namespace

DatasetPtr open_npy(const DataSpec& spec) {
  check_keys(spec, {"labels"});
  const NpyFile head(spec.path);
  const size_t dimensions = head.shape().size();
  const bool vectors = head.kind() == 'f' && dimensions == 2;
  const bool images = head.type() == "u1" && (dimensions == 3 || dimensions == 4);
  check(vectors || images, spec.path, ": expected floating point [N, F] or u1 (uint8) [N, H, W] or [N, H, W, C], got ",
        head.type(), " of ", dimensions, " dimensions");
  std::shared_ptr<NpyDataset> dataset;
  if (vectors) dataset = std::make_shared<NpyVectors>(spec.path, spec.text);
  else dataset = std::make_shared<NpyImages>(spec.path, spec.text);
  const std::string labels = key_or(spec, "labels", "none");
  if (labels != "none") dataset->take_labels(labels);
  return dataset;
}

}  // namespace kindred
