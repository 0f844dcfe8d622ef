// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/exif.h"

#include <cstdint>
#include <utility>

namespace kindred {
namespace {

constexpr uint32_t kOrientationTag = 0x0112, kShort = 3;
constexpr size_t kEntry = 12;  // bytes of a directory entry: tag, type, count, value

// Unsigned integers of a TIFF block in its byte order; 0 past the end.
struct TiffReader {
  std::string_view bytes;
  bool little = false;
  uint32_t number(size_t at, size_t size) const {
    if (at > bytes.size() || bytes.size() - at < size) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i)
      value = value << 8 | static_cast<unsigned char>(bytes[at + (little ? size - 1 - i : i)]);
    return value;
  }
};

}  // namespace

int exif_orientation(std::string_view tiff) {
  const TiffReader read{.bytes = tiff, .little = tiff.starts_with("II")};
  if ((!read.little && !tiff.starts_with("MM")) || read.number(2, 2) != 42) return 1;
  const size_t directory = read.number(4, 4);
  const uint32_t entries = read.number(directory, 2);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntry;
    if (entry > tiff.size()) break;
    if (read.number(entry, 2) != kOrientationTag || read.number(entry + 2, 2) != kShort) continue;
    const uint32_t value = read.number(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

// Where the stored first row and first column are to be seen: 1 top left, 2 top right, 3 bottom right, 4 bottom left, and
// with rows for columns 5 left top, 6 right top, 7 right bottom, 8 left bottom.
void exif_upright(Image& image, int orientation) {
  if (orientation <= 1 || orientation > 8) return;
  const bool swapped = exif_turns(orientation);
  const bool rows_backwards = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool columns_backwards = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  Image upright{.height = swapped ? image.width : image.height,
                .width = swapped ? image.height : image.width,
                .channels = image.channels,
                .pixels = std::vector<uint8_t>(image.pixels.size())};
  uint8_t* to = upright.pixels.data();
  for (int64_t y = 0; y < upright.height; ++y)
    for (int64_t x = 0; x < upright.width; ++x) {
      int64_t row = swapped ? x : y, column = swapped ? y : x;
      if (rows_backwards) row = image.height - 1 - row;
      if (columns_backwards) column = image.width - 1 - column;
      const uint8_t* from = image.pixels.data() + (row * image.width + column) * image.channels;
      for (int64_t c = 0; c < image.channels; ++c) *to++ = from[c];
    }
  image = std::move(upright);
}

}  // namespace kindred
