// SPDX-License-Identifier: Apache-2.0
// WebP through libwebp. The container is walked here for the EXIF chunk and for the offset of what is cut short: libwebp
// says only that something is wrong. A WebP may hold a plain picture of any size in a few bytes, so the limits of
// image_file.h are all that a claimed size is held against.
#include <webp/decode.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/data/codecs.h"
#include "kindred/data/exif.h"

namespace kindred {
namespace {

constexpr size_t kRiffHeader = 12, kChunkHeader = 8;
constexpr int64_t kWebpSizeOffset = 20;  // the first chunk's content, which has the size

size_t little_endian(std::string_view bytes, size_t at) {
  size_t value = 0;
  for (size_t i = 4; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

// Walks the chunks. Throws Corruption where one is cut short.
int webp_orientation(std::string_view bytes, const std::string& name) {
  const size_t end = kChunkHeader + little_endian(bytes, 4);
  if (end > bytes.size())
    throw Corruption(name, static_cast<int64_t>(bytes.size()),
                     concat("expected a WebP of ", end, " bytes, got ", bytes.size()));
  int orientation = 1;
  for (size_t at = kRiffHeader; at + kChunkHeader <= end;) {
    const size_t size = little_endian(bytes, at + 4);
    if (size > end - at - kChunkHeader)
      throw Corruption(name, static_cast<int64_t>(at),
                       concat("expected a WebP chunk of ", size, " bytes, got ", end - at - kChunkHeader));
    std::string_view content = bytes.substr(at + kChunkHeader, size);
    if (bytes.substr(at, 4) == "EXIF") {
      // Some writers put JPEG's prefix in front.
      if (content.starts_with(std::string_view("Exif\0\0", 6))) content.remove_prefix(6);
      orientation = exif_orientation(content);
    }
    at += kChunkHeader + size + size % 2;
  }
  return orientation;
}

WebPBitstreamFeatures webp_features(std::string_view bytes, const std::string& name) {
  WebPBitstreamFeatures features{};
  const auto status = WebPGetFeatures(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &features);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA)
    throw Corruption(name, static_cast<int64_t>(bytes.size()), "expected a WebP header, got the end of the file");
  if (status != VP8_STATUS_OK)
    throw Corruption(name, kWebpSizeOffset, "expected a sound WebP header, got a broken one");
  check_image_size(features.height, features.width, name, kWebpSizeOffset);
  if (features.has_animation != 0) throw Corruption(name, kWebpSizeOffset, "expected a still WebP, got an animation");
  return features;
}

}  // namespace

ImageHeader webp_header(std::string_view bytes, const std::string& name) {
  const WebPBitstreamFeatures features = webp_features(bytes, name);
  ImageHeader header{.height = features.height, .width = features.width, .channels = 3};
  if (exif_turns(webp_orientation(bytes, name))) std::swap(header.height, header.width);
  return header;
}

void decode_webp(std::string_view bytes, const std::string& name, Image& image) {
  const WebPBitstreamFeatures features = webp_features(bytes, name);
  const int orientation = webp_orientation(bytes, name);
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const int64_t pixels = int64_t{features.height} * features.width;
  const int channels = features.has_alpha != 0 ? 4 : 3;
  image.height = features.height;
  image.width = features.width;
  image.channels = 3;
  image.pixels.resize(static_cast<size_t>(3 * pixels));
  std::vector<uint8_t> with_alpha(channels == 4 ? static_cast<size_t>(4 * pixels) : 0);
  uint8_t* const out = channels == 4 ? with_alpha.data() : image.pixels.data();
  const size_t room = static_cast<size_t>(channels * pixels);
  const auto decode = channels == 4 ? &WebPDecodeRGBAInto : &WebPDecodeRGBInto;
  if (decode(data, bytes.size(), out, room, channels * features.width) == nullptr)
    throw Corruption(name, -1, "expected a sound WebP, got broken data");
  if (channels == 4) composite_on_white(out, image.pixels.data(), pixels, 3);
  exif_upright(image, orientation);
}

}  // namespace kindred
