// SPDX-License-Identifier: Apache-2.0
#include "kindred/report/pictures.h"

#include <algorithm>
#include <cmath>

#include "kindred/data/png_encode.h"
#include "kindred/kernels/image_resize.h"

namespace kindred::report {
namespace {

constexpr int64_t kTileSide = 32;         // pixels
constexpr int64_t kSheetBytes = 3 << 20;  // of raw pixels; the PNG is smaller

Image shrunk(const Image& image, int64_t height, int64_t width) {
  std::vector<uint8_t> planes(static_cast<size_t>(image.channels * height * width));
  const ImageSource source{.pixels = image.pixels.data(),
                           .row_stride = image.width * image.channels,
                           .channels = image.channels,
                           .height = image.height,
                           .width = image.width};
  ResizeScratch scratch;
  image_resize(source, {.in = image.height, .out = height, .count = height},
               {.in = image.width, .out = width, .count = width}, planes.data(), scratch);
  Image small{.height = height, .width = width, .channels = image.channels, .pixels = {}};
  small.pixels.resize(planes.size());
  const int64_t area = height * width;
  for (int64_t i = 0; i < area; ++i)
    for (int64_t c = 0; c < image.channels; ++c)
      small.pixels[static_cast<size_t>(i * image.channels + c)] = planes[static_cast<size_t>(c * area + i)];
  return small;
}

uint8_t pixel(const Image& image, int64_t y, int64_t x, int64_t c) {  // a grey image has its value in every channel
  return image.pixels[static_cast<size_t>((y * image.width + x) * image.channels + std::min(c, image.channels - 1))];
}

void paste(const Image& image, Image& sheet, int64_t top, int64_t left) {
  for (int64_t y = 0; y < image.height; ++y)
    for (int64_t x = 0; x < image.width; ++x)
      for (int64_t c = 0; c < sheet.channels; ++c)
        sheet.pixels[static_cast<size_t>(((top + y) * sheet.width + left + x) * sheet.channels + c)] =
            pixel(image, y, x, c);
}

// The side of a tile, so that count of them stay within kSheetBytes; 0 where they would be too small to see.
int64_t tile_side(const Image& first, int64_t channels, int64_t count) {
  const auto fits =
      static_cast<int64_t>(std::sqrt(static_cast<double>(kSheetBytes) / static_cast<double>(count * channels)));
  const int64_t side = std::min({kTileSide, std::max(first.height, first.width), fits});
  return side < 8 ? 0 : side;
}

}  // namespace

std::string base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < left ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += k <= left ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

Image thumbnail(const Image& image, int64_t max_side) {
  const int64_t side = std::max(image.height, image.width);
  if (side <= max_side) return image;
  return shrunk(image, std::max<int64_t>(1, image.height * max_side / side),
                std::max<int64_t>(1, image.width * max_side / side));
}

Picture picture(const Image& image) {
  return {.uri = "data:image/png;base64," + base64(encode_png(image)), .width = image.width, .height = image.height};
}

Sheet sheet(const Dataset& dataset, const std::vector<int64_t>& indices) {
  if (dataset.info().modality != Modality::kImage || indices.empty()) return {};
  const auto count = static_cast<int64_t>(indices.size());
  const int64_t channels = dataset.info().channels == 1 ? 1 : 3;
  Sample sample;
  dataset.get(indices[0], sample);
  const int64_t tile = tile_side(sample.image, channels, count);
  if (tile == 0) return {};
  const auto per_row = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  Image all{
      .height = (count + per_row - 1) / per_row * tile, .width = per_row * tile, .channels = channels, .pixels = {}};
  all.pixels.resize(static_cast<size_t>(all.height * all.width * all.channels));
  for (int64_t i = 0; i < count; ++i) {
    dataset.get(indices[static_cast<size_t>(i)], sample);
    const Image small = thumbnail(sample.image, tile);
    paste(small, all, i / per_row * tile + (tile - small.height) / 2, i % per_row * tile + (tile - small.width) / 2);
  }
  return {.uri = picture(all).uri, .tile = tile, .per_row = per_row};
}

}  // namespace kindred::report
