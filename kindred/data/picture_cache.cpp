// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/picture_cache.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/core/rng.h"
#include "kindred/data/dataset_over.h"
#include "kindred/data/image_file.h"
#include "kindred/data/random_file.h"

namespace kindred {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian and written as it lies in memory");

constexpr char kCacheMagic[8] = {'K', 'N', 'D', 'R', 'P', 'I', 'C', '1'};

// A row of the table: one picture.
struct CacheEntry {
  int64_t offset = 0;  // of its pixels
  int32_t height = 0, width = 0, channels = 0;
  uint32_t crc = 0;  // CRC-32 of the pixels, as in gzip
};
static_assert(sizeof(CacheEntry) == 24);

// The last bytes of the file.
struct CacheFooter {
  int64_t table = 0;  // its offset
  int64_t samples = 0;
  int64_t pictures = 0;  // of each sample
  uint64_t key = 0;      // cache_key()
  char magic[8] = {};
};
static_assert(sizeof(CacheFooter) == 40);

// Of which samples, in which order: from their ids.
uint64_t cache_key(const Dataset& dataset) {
  uint64_t key = static_cast<uint64_t>(dataset.info().pictures);
  for (int64_t i = 0; i < dataset.size(); ++i) key = mix64(key ^ dataset.id(i)) + 1;
  return key;
}

uint32_t crc_of(const std::vector<uint8_t>& pixels) {
  return static_cast<uint32_t>(crc32_z(0, pixels.data(), pixels.size()));
}

void write_cache(const Dataset& dataset, uint64_t key, const std::filesystem::path& path) {
  AtomicFile file(path);
  std::vector<CacheEntry> table;
  file.write(kCacheMagic, sizeof kCacheMagic);
  int64_t at = sizeof kCacheMagic;
  const auto add = [&](const Image& image) {
    table.push_back({.offset = at,
                     .height = static_cast<int32_t>(image.height),
                     .width = static_cast<int32_t>(image.width),
                     .channels = static_cast<int32_t>(image.channels),
                     .crc = crc_of(image.pixels)});
    file.write(image.pixels.data(), image.pixels.size());
    at += static_cast<int64_t>(image.pixels.size());
  };
  Sample sample;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    dataset.get(i, sample);
    add(sample.image);
    for (const Image& image : sample.others) add(image);
  }
  file.write(table.data(), table.size() * sizeof(CacheEntry));
  CacheFooter footer{.table = at, .samples = dataset.size(), .pictures = dataset.info().pictures, .key = key};
  std::memcpy(footer.magic, kCacheMagic, sizeof kCacheMagic);
  file.write(&footer, sizeof footer);
  file.commit();
}

class PictureCache final : public DatasetOver {
 public:
  PictureCache(DatasetPtr base, const std::filesystem::path& path, uint64_t key)
      : DatasetOver(std::move(base)), file_(path) {
    const int64_t end = file_.size() - static_cast<int64_t>(sizeof(CacheFooter));
    CacheFooter footer;
    if (end >= static_cast<int64_t>(sizeof kCacheMagic)) file_.read(end, &footer, sizeof footer);
    if (std::memcmp(footer.magic, kCacheMagic, sizeof kCacheMagic) != 0)
      throw Corruption(file_.name(), std::max<int64_t>(end, 0), "expected a picture cache, got something else");
    check(footer.key == key && footer.samples == base_->size() && footer.pictures == info().pictures, file_.name(),
          ": expected the pictures of ", info().name, ", got those of other samples; delete the file or name another");
    const int64_t rows = checked_product(footer.samples, footer.pictures, file_.name(), end);
    if (footer.table < 0 || footer.table > end || (end - footer.table) / 24 != rows || (end - footer.table) % 24 != 0)
      throw Corruption(file_.name(), end, concat("expected a table of ", rows, " rows, got one of another size"));
    table_.resize(static_cast<size_t>(rows));
    file_.read(footer.table, table_.data(), end - footer.table);
    for (size_t row = 0; row < table_.size(); ++row) check_row(footer.table, row);
  }

  void get(int64_t index, Sample& sample) const override {
    sample.id = id(index);
    sample.label = label(index);
    sample.group = group(index);
    sample.time = time(index);
    sample.score = score(index);
    sample.vector.clear();
    sample.others.resize(static_cast<size_t>(info().pictures - 1));
    const int64_t first = index * info().pictures;
    read(first, sample.image);
    for (int64_t i = 1; i < info().pictures; ++i) read(first + i, sample.others[static_cast<size_t>(i - 1)]);
  }

 private:
  static int64_t bytes_of(const CacheEntry& entry) {
    return int64_t{entry.height} * entry.width * entry.channels;  // sides and channels are checked
  }

  void check_row(int64_t table, size_t row) const {
    const CacheEntry& entry = table_[row];
    const int64_t at = table + static_cast<int64_t>(row * sizeof(CacheEntry));
    check_image_size(entry.height, entry.width, file_.name(), at);
    const bool channels = entry.channels == 1 || entry.channels == 3;
    if (!channels || entry.offset < static_cast<int64_t>(sizeof kCacheMagic) || entry.offset > table ||
        bytes_of(entry) > table - entry.offset)
      throw Corruption(file_.name(), at, "expected a picture of 1 or 3 channels inside the file, got another");
  }

  void read(int64_t row, Image& image) const {
    const CacheEntry& entry = table_[static_cast<size_t>(row)];
    image.height = entry.height;
    image.width = entry.width;
    image.channels = entry.channels;
    image.pixels.resize(static_cast<size_t>(bytes_of(entry)));
    file_.read(entry.offset, image.pixels.data(), bytes_of(entry));
    if (crc_of(image.pixels) != entry.crc)
      throw Corruption(file_.name(), entry.offset, "expected pixels with the checksum of the table, got others");
  }

  RandomFile file_;
  std::vector<CacheEntry> table_;  // [N * pictures]
};

}  // namespace

DatasetPtr file_cached(DatasetPtr base, const std::filesystem::path& path) {
  check(base->info().modality == Modality::kImage, "cache: expected pictures, got vectors, which need no decoding (",
        base->info().name, ")");
  const uint64_t key = cache_key(*base);
  if (!std::filesystem::exists(path)) write_cache(*base, key, path);
  return std::make_shared<PictureCache>(std::move(base), path, key);
}

}  // namespace kindred
