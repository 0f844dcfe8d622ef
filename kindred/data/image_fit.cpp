// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/image_fit.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kindred/core/error.h"
#include "kindred/kernels/image_lab.h"
#include "kindred/kernels/image_pixels.h"

namespace kindred {
namespace {

constexpr int64_t kMaxSide = int64_t{1} << 20;  // what image_resize accepts

int64_t half_to_even(int64_t n) { return n / 2 + (n % 2 == 1 && n / 2 % 2 == 1); }

}  // namespace

void check_image(const Image& image, std::string_view who) {
  check(image.channels == 1 || image.channels == 3, who, ": expected a picture of 1 or 3 channels, got ",
        image.channels);
  check(image.height >= 1 && image.height <= kMaxSide && image.width >= 1 && image.width <= kMaxSide, who,
        ": expected a picture with sides from 1 to ", kMaxSide, ", got ", image.height, " x ", image.width);
  const auto expected = static_cast<size_t>(image.height * image.width * image.channels);
  check(image.pixels.size() == expected, who, ": expected ", expected, " bytes for ", image.height, " x ", image.width,
        " x ", image.channels, ", got ", image.pixels.size());
}

ImageSource image_box(const Image& image, const ImageBox& box, int64_t channels, std::vector<uint8_t>& grey_buffer) {
  const int64_t row = image.width * image.channels;
  ImageSource source{.pixels = image.pixels.data() + box.top * row + box.left * image.channels,
                     .row_stride = row,
                     .channels = image.channels,
                     .height = box.height,
                     .width = box.width};
  if (image.channels == 1 || channels == 3) return source;
  grey_buffer.resize(static_cast<size_t>(box.height * box.width));
  image_grey(source, grey_buffer.data());
  return {
      .pixels = grey_buffer.data(), .row_stride = box.width, .channels = 1, .height = box.height, .width = box.width};
}

CentreFit centre_fit(int64_t height, int64_t width, int64_t out_height, int64_t out_width) {
  // The side that needs the larger factor fits exactly; the other is resized by the same factor and cut.
  const bool by_height = out_height * width >= out_width * height;
  const int64_t resized_height = by_height ? out_height : std::max(out_height, height * out_width / width);
  const int64_t resized_width = by_height ? std::max(out_width, width * out_height / height) : out_width;
  return {
      .y = {.in = height,
            .out = resized_height,
            .first = half_to_even(resized_height - out_height),
            .count = out_height},
      .x = {.in = width, .out = resized_width, .first = half_to_even(resized_width - out_width), .count = out_width}};
}

void expand_grey(ImagePlanes planes, int64_t source_channels) {
  if (source_channels != 1) return;
  for (int64_t c = 1; c < planes.channels; ++c)
    std::memcpy(planes.plane(c), planes.data, static_cast<size_t>(planes.area()));
}

PixelScale pixel_scale(const Preprocess& preprocess) {
  PixelScale result;
  for (size_t c = 0; c < static_cast<size_t>(preprocess.channels); ++c) {
    const double mean = preprocess.mean.empty() ? 0 : preprocess.mean[c];
    const double std = preprocess.std.empty() ? 1 : preprocess.std[c];
    result.scale[c] = static_cast<float>(1 / (255 * std));
    result.offset[c] = static_cast<float>(-mean / std);
  }
  return result;
}

void write_lab(ImagePlanes planes, const Preprocess& preprocess, float* out) {
  const int64_t area = planes.area();
  image_normalise(planes.data, 1, planes.bytes(), 1.0f / 255, 0, out);
  image_lab(out, area, out);
  for (size_t c = 0; c < 3; ++c) {
    const auto mean = static_cast<float>(preprocess.mean.empty() ? 0 : preprocess.mean[c]);
    const auto std = static_cast<float>(preprocess.std.empty() ? 1 : preprocess.std[c]);
    float* plane = out + static_cast<int64_t>(c) * area;
    for (int64_t i = 0; i < area; ++i) plane[i] = (plane[i] - mean) / std;
  }
}

ImagePlanes fitted_planes(const Image& image, const Preprocess& preprocess, PreprocessScratch& scratch) {
  const ImageBox whole{.height = image.height, .width = image.width};
  const ImageSource source = image_box(image, whole, preprocess.channels, scratch.grey);
  scratch.bytes.resize(static_cast<size_t>(preprocess.channels * preprocess.height * preprocess.width));
  const ImagePlanes planes{.data = scratch.bytes.data(),
                           .channels = preprocess.channels,
                           .height = preprocess.height,
                           .width = preprocess.width};
  const auto fit = centre_fit(image.height, image.width, preprocess.height, preprocess.width);
  image_resize(source, fit.y, fit.x, planes.data, scratch.resize);
  expand_grey(planes, source.channels);
  return planes;
}

void check_preprocess(const Preprocess& p, std::string_view who) {
  check(p.modality == "image" || p.modality == "vector", who, ": expected modality image or vector, got ", p.modality);
  int64_t entries = p.features;
  if (p.modality == "image") {
    check(p.channels == 1 || p.channels == 3, who, ": expected channels 1 or 3, got ", p.channels);
    check(p.height >= 1 && p.height <= kMaxSide && p.width >= 1 && p.width <= kMaxSide, who,
          ": expected sides from 1 to ", kMaxSide, ", got ", p.height, " x ", p.width);
    entries = p.channels;
  } else {
    check(p.features >= 1, who, ": expected features >= 1, got ", p.features);
  }
  check(p.mean.empty() || static_cast<int64_t>(p.mean.size()) == entries, who, ": expected ", entries, " means, got ",
        p.mean.size());
  check(p.std.empty() || static_cast<int64_t>(p.std.size()) == entries, who, ": expected ", entries,
        " values of std, got ", p.std.size());
  check(p.colour == "rgb" || (p.colour == "lab" && entries == 3 && p.modality == "image"), who,
        ": expected colour rgb, or lab with 3 channels, got ", p.colour, " with ", entries);
  int64_t split = 0;
  for (const int64_t part : p.parts) {
    check(part >= 1 && part <= entries, who, ": expected parts of 1 to ", entries, ", got ", part);
    split += part;
  }
  check(p.parts.empty() || split == entries, who, ": expected parts that add up to ", entries, ", got ", split);
  for (const double mean : p.mean) check(std::isfinite(mean), who, ": expected finite means, got ", mean);
  for (const double std : p.std) check(std > 0 && std::isfinite(std), who, ": expected std > 0, got ", std);
}

}  // namespace kindred
