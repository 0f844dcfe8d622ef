// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/picture_dataset.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/data/image_file.h"

namespace kindred {
namespace {

constexpr int64_t kPeekPictures = 512;
constexpr unsigned kMostThreads = 4;

// Calls work(i) for i in [0, n) on a few threads; rethrows one of the exceptions.
void for_each_index(size_t n, const std::function<void(size_t, Sample&)>& work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  const auto run = [&] {
    Sample sample;
    try {
      for (size_t i = next++; i < n; i = next++) work(i, sample);
    } catch (...) {
      const std::lock_guard lock(mutex);
      error = std::current_exception();
      next = n;
    }
  };
  {
    std::vector<std::jthread> threads;
    const size_t count = std::min<size_t>(n, std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads));
    for (size_t i = 0; i < count; ++i) threads.emplace_back(run);
  }
  if (error) std::rethrow_exception(error);
}

// The size and channels that all pictures of several samples share; 0 where they differ.
class SharedSize {
 public:
  void add(const ImageHeader& header) {
    if (first_) shared_ = header;
    first_ = false;
    if (header.height != shared_.height) shared_.height = 0;
    if (header.width != shared_.width) shared_.width = 0;
    if (header.channels != shared_.channels) shared_.channels = 0;
  }
  void write(DatasetInfo& info) const {
    info.height = shared_.height;
    info.width = shared_.width;
    info.channels = shared_.channels;
  }

 private:
  ImageHeader shared_;
  bool first_ = true;
};

ImageHeader header_of(const Image& image) {
  return {.height = image.height, .width = image.width, .channels = image.channels};
}

class PictureDataset final : public Dataset {
 public:
  PictureDataset(std::unique_ptr<const PictureSource> source, PictureOptions options)
      : source_(std::move(source)),
        info_(std::move(options.info)),
        size_(source_->size()),
        min_side_(options.min_side),
        skipped_(options.skipped) {}

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return size_; }
  int64_t label(int64_t index) const override { return source_->label(item(index)); }
  int64_t group(int64_t index) const override { return source_->group(item(index)); }
  double time(int64_t index) const override { return source_->time(item(index)); }
  double score(int64_t index) const override { return source_->score(item(index)); }
  uint64_t id(int64_t index) const override { return source_->id(item(index)); }
  std::string source(int64_t index) const override { return source_->source(item(index)); }
  int64_t skipped() const override { return skipped_; }

  void get(int64_t index, Sample& sample) const override { get_part(index, {}, sample); }
  void get_part(int64_t index, const PartOf& part, Sample& sample) const override {
    const int64_t at = item(index);
    sample.id = source_->id(at);
    sample.label = source_->label(at);
    sample.group = source_->group(at);
    sample.time = source_->time(at);
    sample.score = source_->score(at);
    sample.vector.clear();
    sample.others.resize(static_cast<size_t>(info_.pictures - 1));
    decode(at, 0, part, sample.image, sample.encoded);
    for (int64_t which = 1; which < info_.pictures; ++which)
      decode(at, which, {}, sample.others[static_cast<size_t>(which - 1)], sample.encoded);
  }

  // Decodes every picture and leaves out the samples that fail.
  void skip_unreadable(const std::string& place) {
    std::vector<SharedSize> sizes(static_cast<size_t>(size_));
    std::vector<char> good(sizes.size());
    for_each_index(sizes.size(), [&](size_t i, Sample& sample) {
      try {
        get(static_cast<int64_t>(i), sample);
        sizes[i].add(header_of(sample.image));
        for (const Image& image : sample.others) sizes[i].add(header_of(image));
        good[i] = 1;
      } catch (const Error&) {
      }
    });
    SharedSize all;
    std::vector<uint32_t> kept;
    for (size_t i = 0; i < good.size(); ++i) {
      if (!good[i]) continue;
      kept.push_back(static_cast<uint32_t>(i));
      DatasetInfo own;
      sizes[i].write(own);
      all.add({.height = own.height, .width = own.width, .channels = own.channels});
    }
    const auto bad = size_ - static_cast<int64_t>(kept.size());
    skipped_ += bad;
    check(!kept.empty(), "data: expected at least one readable picture in ", place, ", got ", skipped_, " bad ones");
    all.write(info_);
    if (bad == 0) return;
    kept_ = std::move(kept);
    size_ = static_cast<int64_t>(kept_.size());
  }

  // Reads the headers of all pictures. Throws Corruption or IoError for the first bad one.
  void peek_sizes() {
    SharedSize all;
    std::string buffer;
    for (int64_t at = 0; at < size_; ++at)
      for (int64_t which = 0; which < info_.pictures; ++which)
        all.add(read_image_header(source_->bytes(at, which, buffer), source_->name(at, which), min_side_));
    all.write(info_);
  }

 private:
  int64_t item(int64_t index) const { return kept_.empty() ? index : kept_[static_cast<size_t>(index)]; }

  void decode(int64_t at, int64_t which, const PartOf& part, Image& image, std::string& buffer) const {
    const std::string_view bytes = source_->bytes(at, which, buffer);
    try {
      decode_image(bytes, "", image, min_side_, part);
    } catch (const Corruption&) {  // once more with its name, which is made for that alone
      decode_image(bytes, source_->name(at, which), image, min_side_);
      throw;
    }
  }

  std::unique_ptr<const PictureSource> source_;
  DatasetInfo info_;
  std::vector<uint32_t> kept_;  // items of the source; empty: all
  int64_t size_;
  int64_t min_side_;
  int64_t skipped_;
};

}  // namespace

DatasetPtr picture_dataset(std::unique_ptr<const PictureSource> source, PictureOptions options) {
  const bool skip = options.skip;
  const std::string place = options.place;
  check(source->size() <= int64_t{UINT32_MAX}, "data: expected at most 2^32 - 1 samples in ", place, ", got ",
        source->size());
  auto dataset = std::make_shared<PictureDataset>(std::move(source), std::move(options));
  if (skip) dataset->skip_unreadable(place);
  else if (dataset->size() * dataset->info().pictures <= kPeekPictures) dataset->peek_sizes();
  return dataset;
}

}  // namespace kindred
