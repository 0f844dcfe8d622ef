// SPDX-License-Identifier: Apache-2.0
// What the kinds of data share whose pictures lie encoded somewhere (images, csv, tar, frames): decoding when asked for,
// sizes looked up on opening, leaving out what cannot be read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "kindred/data/dataset.h"

namespace kindred {

// Thread-safety: const members may be called from several threads at once.
class PictureSource {
 public:
  virtual ~PictureSource() = default;
  virtual int64_t size() const = 0;
  // The encoded bytes of picture `which` (0 .. info.pictures - 1) of an item, in buffer or in memory that stays.
  // Throws IoError, Corruption.
  virtual std::string_view bytes(int64_t item, int64_t which, std::string& buffer) const = 0;
  // That picture in messages: a path, or "shard.tar: offset 512: cat.jpg".
  virtual std::string name(int64_t item, int64_t which) const = 0;
  // As the members of Dataset.
  virtual uint64_t id(int64_t item) const = 0;
  virtual int64_t label(int64_t item) const = 0;
  virtual std::string source(int64_t item) const = 0;
  virtual int64_t group(int64_t /*item*/) const { return kNoGroup; }
  virtual double time(int64_t /*item*/) const { return kNoNumber; }
  virtual double score(int64_t /*item*/) const { return kNoNumber; }
};

struct PictureOptions {
  DatasetInfo info;      // without sizes
  std::string place;     // the folder or file, for messages
  bool skip = false;     // on_error=skip: every picture is decoded once on opening, those that fail are left out
  int64_t min_side = 0;  // NOTE [Reduced JPEG] in image_file.h; 0: as stored
  int64_t skipped = 0;   // what the source has left out itself
};

// With skip, a run sees the same samples whenever it looks. Sizes are known where all pictures were read anyway or where
// they are few; else info() has 0 for them. Throws what the first bad picture throws (few pictures, no skip), or
// InvalidArgument where nothing is left.
DatasetPtr picture_dataset(std::unique_ptr<const PictureSource> source, PictureOptions options);

}  // namespace kindred
