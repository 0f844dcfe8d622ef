// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/preprocess.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/data/image_fit.h"
#include "kindred/kernels/image_pixels.h"

namespace kindred {
namespace {

constexpr int64_t kMeasured = 2048;   // samples that mean and std are taken from
constexpr int64_t kLargestOwn = 256;  // side of pictures that are taken as they are where no size is asked for
constexpr int64_t kUsualSide = 32;    // of all others then

// The value with four significant digits, as it reads back from text.
double four_digits(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific, 3).ptr;
  double rounded = 0;
  std::from_chars(text.data(), end, rounded);
  return rounded;
}

// A feature that never changes is only shifted.
double usable_std(double variance) {
  const double std = four_digits(std::sqrt(std::max(variance, 0.0)));
  return std > 0 ? std : 1.0;
}

// Calls use(sample, i) for the samples that are measured.
template <class Use>
void for_measured(const Dataset& dataset, Use use) {
  const int64_t n = std::min(dataset.size(), kMeasured);
  Sample sample;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t index = i * (dataset.size() / n) + i * (dataset.size() % n) / n;
    dataset.get(index, sample);
    use(sample, index);
  }
}

void measure_images(const Dataset& dataset, Preprocess& p) {
  std::array<int64_t, 3> sum{}, squares{};  // of bytes: exact
  PreprocessScratch scratch;
  double count = 0;
  for_measured(dataset, [&](const Sample& sample, int64_t index) {
    check_image(sample.image, dataset.source(index));
    const ImagePlanes planes = fitted_planes(sample.image, p, scratch);
    for (int64_t c = 0; c < planes.channels; ++c)
      for (int64_t i = 0; i < planes.area(); ++i) {
        const int64_t value = planes.plane(c)[i];
        sum[static_cast<size_t>(c)] += value;
        squares[static_cast<size_t>(c)] += value * value;
      }
    count += static_cast<double>(planes.area());
  });
  for (size_t c = 0; c < static_cast<size_t>(p.channels); ++c) {
    const double mean = static_cast<double>(sum[c]) / count;
    p.mean.push_back(four_digits(mean / 255));
    p.std.push_back(usable_std((static_cast<double>(squares[c]) / count - mean * mean) / (255.0 * 255.0)));
  }
}

void measure_vectors(const Dataset& dataset, Preprocess& p) {
  // Welford's running mean and sum of squared deviations.
  std::vector<double> mean(static_cast<size_t>(p.features)), deviations(mean.size());
  double count = 0;
  for_measured(dataset, [&](const Sample& sample, int64_t index) {
    check(sample.vector.size() == mean.size(), dataset.source(index), ": expected ", mean.size(), " features, got ",
          sample.vector.size());
    ++count;
    for (size_t f = 0; f < mean.size(); ++f) {
      const double value = sample.vector[f];
      if (!std::isfinite(value))
        check(false, dataset.source(index), ": expected finite values, got ", value, " in feature ", f);
      const double step = value - mean[f];
      mean[f] += step / count;
      deviations[f] += step * (value - mean[f]);
    }
  });
  for (size_t f = 0; f < mean.size(); ++f) {
    p.mean.push_back(four_digits(mean[f]));
    p.std.push_back(usable_std(deviations[f] / count));
  }
}

void prepare_image(const Image& image, const Preprocess& p, float* out, PreprocessScratch& scratch) {
  if (p.colour == "lab") return write_lab(fitted_planes(image, p, scratch), p, out);
  const PixelScale s = pixel_scale(p);
  const int64_t area = p.height * p.width;
  const bool as_it_is = image.height == p.height && image.width == p.width && image.channels == p.channels;
  const uint8_t* values = as_it_is ? image.pixels.data() : fitted_planes(image, p, scratch).data;
  for (int64_t c = 0; c < p.channels; ++c) {
    const auto k = static_cast<size_t>(c);
    image_normalise(values + (as_it_is ? c : c * area), as_it_is ? p.channels : 1, area, s.scale[k], s.offset[k],
                    out + c * area);
  }
}

void prepare_vector(const Sample& sample, const Preprocess& p, float* out) {
  check(static_cast<int64_t>(sample.vector.size()) == p.features, "prepare: expected ", p.features, " features, got ",
        sample.vector.size());
  for (size_t f = 0; f < sample.vector.size(); ++f) {
    const double value = sample.vector[f];
    check(std::isfinite(value), "prepare: expected finite values, got ", value, " in feature ", f, " of sample ",
          sample.id);
    out[f] = static_cast<float>((value - (p.mean.empty() ? 0 : p.mean[f])) / (p.std.empty() ? 1 : p.std[f]));
  }
}

}  // namespace

void visit_fields(FieldList& v, Preprocess& o) {
  v("modality", o.modality, "what a sample is", {"image", "vector"});
  v("channels", o.channels, "image channels: 1 (grey) or 3 (RGB)", between(1, 3));
  v("height", o.height, "rows of the picture the encoder sees", at_least(1));
  v("width", o.width, "columns of the picture the encoder sees", at_least(1));
  v("features", o.features, "length of a vector", at_least(0));
  v("mean", o.mean, "subtracted, per channel or feature, after pixels are divided by 255; empty: 0");
  v("std", o.std, "divided by, per channel or feature; empty: 1", above(0));
  v("colour", o.colour, "space of the pixels: rgb, or lab (CIE L*a*b*)", {"rgb", "lab"});
  v("parts", o.parts, "channels or features that go to each of several encoders; empty: one sees all", at_least(1));
}

void split_parts(Preprocess& p, std::string_view channels) {
  check(channels == "L_ab" || channels == "L_a_b", "split_parts: expected L_ab or L_a_b, got ", channels);
  const int64_t count = channels == "L_ab" ? 2 : 3;
  if (p.modality == "vector") {
    check(p.features >= count, "split_parts: expected at least ", count, " features, got ", p.features);
    p.parts.assign(static_cast<size_t>(count), p.features / count);
    p.parts.back() += p.features % count;
    return;
  }
  check(p.channels == 3, "split_parts: expected colour pictures for ", channels, ", got grey ones");
  p.colour = "lab";
  p.mean = {50, 6.025, -6.6895};
  p.std = {50, 92.208, 101.1675};
  p.parts = count == 2 ? std::vector<int64_t>{1, 2} : std::vector<int64_t>{1, 1, 1};
}

std::vector<int64_t> input_shape(const Preprocess& p) {
  if (p.modality == "vector") return {p.features};
  return {p.channels, p.height, p.width};
}

Preprocess fit_preprocess(const Dataset& dataset, int64_t size) {
  const DatasetInfo& info = dataset.info();
  check(dataset.size() >= 1, "fit_preprocess: expected at least one sample in ", info.name, ", got 0");
  Preprocess p;
  if (info.modality == Modality::kVector) {
    p.modality = "vector";
    p.features = info.features;
    check_preprocess(p, "fit_preprocess");
    measure_vectors(dataset, p);
    return p;
  }
  check(size >= 0, "fit_preprocess: expected size >= 0, got ", size);
  const int64_t longer = std::max(info.height, info.width);  // 0 where the pictures differ
  const bool own = size == 0 && longer > 0 && longer <= kLargestOwn;
  p.channels = info.channels > 0 ? info.channels : 3;
  p.height = own ? info.height : size > 0 ? size : kUsualSide;
  p.width = own ? info.width : size > 0 ? size : kUsualSide;
  check_preprocess(p, "fit_preprocess");
  measure_images(dataset, p);
  return p;
}

void prepare(const Sample& sample, const Preprocess& p, float* out, PreprocessScratch& scratch) {
  check_preprocess(p, "prepare");
  if (p.modality == "vector") return prepare_vector(sample, p, out);
  check_image(sample.image, "prepare");
  prepare_image(sample.image, p, out, scratch);
}

}  // namespace kindred
