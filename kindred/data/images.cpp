// SPDX-License-Identifier: Apache-2.0
// Data kind `images`: a folder of JPEG and PNG files, decoded when asked for.
//
// Ids are a hash of the path below the folder, so that they stay when files are added or removed. With on_error=skip
// every file is decoded once on opening, and those that fail are left out and counted: a run then sees the same samples
// whenever it looks. Sizes are looked up on opening where that was done anyway or the files are few (kPeekFiles); else
// info() has 0 for them.
#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/core/rng.h"
#include "kindred/data/folder_scan.h"
#include "kindred/data/image_file.h"
#include "kindred/data/kinds.h"

namespace kindred {
namespace {

constexpr size_t kPeekFiles = 512;
constexpr unsigned kMostThreads = 4;

// FNV-1a over the bytes, then mixed: part of what makes ids stable, do not change.
uint64_t hash_text(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return mix64(hash);
}

// Calls work(i) for i in [0, n) on a few threads; rethrows one of the exceptions.
void for_each_index(size_t n, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  const auto run = [&] {
    try {
      for (size_t i = next++; i < n; i = next++) work(i);
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

class ImageFolder final : public Dataset {
 public:
  ImageFolder(std::filesystem::path folder, FolderScan scan, std::string name)
      : folder_(std::move(folder)), files_(std::move(scan.files)) {
    info_.name = std::move(name);
    info_.class_names = std::move(scan.class_names);
    info_.labelled = !info_.class_names.empty();
  }

  const DatasetInfo& info() const override { return info_; }
  int64_t size() const override { return static_cast<int64_t>(files_.size()); }
  int64_t label(int64_t index) const override { return file(index).label; }
  uint64_t id(int64_t index) const override { return hash_text(file(index).path); }
  std::string source(int64_t index) const override { return file(index).path; }
  int64_t skipped() const override { return skipped_; }

  void get(int64_t index, Sample& sample) const override {
    const std::filesystem::path path = folder_ / file(index).path;
    decode_image(read_file(path), path.string(), sample.image);
    sample.id = id(index);
    sample.label = label(index);
    sample.vector.clear();
  }

  // Decodes every file and leaves out those that fail.
  void skip_unreadable() {
    std::vector<ImageHeader> headers(files_.size());
    for_each_index(files_.size(), [&](size_t i) {
      try {
        Sample sample;
        get(static_cast<int64_t>(i), sample);
        headers[i] = {.height = sample.image.height, .width = sample.image.width, .channels = sample.image.channels};
      } catch (const Error&) {
        headers[i] = {};  // height 0 marks the bad ones
      }
    });
    std::vector<ScannedFile> good;
    for (size_t i = 0; i < files_.size(); ++i)
      if (headers[i].height > 0) good.push_back(std::move(files_[i]));
    skipped_ = static_cast<int64_t>(files_.size() - good.size());
    files_ = std::move(good);
    check(!files_.empty(), "images: expected at least one readable picture in ", folder_.string(), ", got ", skipped_,
          " bad ones");
    std::erase_if(headers, [](const ImageHeader& header) { return header.height == 0; });
    take_sizes(headers);
  }

  // Reads the headers of all files. Throws Corruption or IoError for the first bad one.
  void peek_sizes() {
    std::vector<ImageHeader> headers;
    for (const ScannedFile& scanned : files_) {
      const std::filesystem::path path = folder_ / scanned.path;
      headers.push_back(read_image_header(read_file(path), path.string()));
    }
    take_sizes(headers);
  }

 private:
  const ScannedFile& file(int64_t index) const { return files_[static_cast<size_t>(index)]; }

  void take_sizes(const std::vector<ImageHeader>& headers) {
    const auto shared = [&](int64_t ImageHeader::*side) {
      for (const ImageHeader& header : headers)
        if (header.*side != headers.front().*side) return int64_t{0};
      return headers.front().*side;
    };
    info_.height = shared(&ImageHeader::height);
    info_.width = shared(&ImageHeader::width);
    info_.channels = shared(&ImageHeader::channels);
  }

  std::filesystem::path folder_;
  std::vector<ScannedFile> files_;
  DatasetInfo info_;
  int64_t skipped_ = 0;
};

}  // namespace

DatasetPtr open_images(const DataSpec& spec) {
  check_keys(spec, {"labels", "on_error"});
  const bool labels = key_choice(spec, "labels", {"folders", "none"}) == "folders";
  const bool skip = key_choice(spec, "on_error", {"fail", "skip"}) == "skip";
  auto dataset = std::make_shared<ImageFolder>(spec.path, scan_folder(spec.path, labels), spec.text);
  if (skip) dataset->skip_unreadable();
  else if (dataset->size() <= static_cast<int64_t>(kPeekFiles)) dataset->peek_sizes();
  return dataset;
}

}  // namespace kindred
