// SPDX-License-Identifier: Apache-2.0
#include "kindred/views/image_views.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/data/image_fit.h"
#include "kindred/kernels/image_blur.h"
#include "kindred/kernels/image_colour.h"
#include "kindred/kernels/image_geometry.h"
#include "kindred/kernels/image_pixels.h"
#include "kindred/views/random_crop.h"
#include "kindred/views/view_streams.h"

namespace kindred {
namespace {

// What one view is made with; views of one kind share it.
struct ViewPlan {
  int64_t height = 0, width = 0;  // of the output
  double scale_min = 1, scale_max = 1;
  double blur = 0, solarize = 0;  // probabilities
};

// The picture under work lies in scratch.bytes_a.
class ImageViews final : public Views {
 public:
  ImageViews(const ImageViewOptions& options, const Preprocess& preprocess);
  int64_t count() const override { return o_.count + o_.local_count; }
  std::vector<int64_t> shape(int64_t view) const override { return {channels_, plan(view).height, plan(view).width}; }
  void make(const Sample& sample, uint64_t seed, uint32_t epoch, int64_t view, float* out,
            ViewScratch& scratch) const override;
  ImageBox looked_at(int64_t height, int64_t width, uint64_t seed, uint32_t epoch, uint64_t sample_id) const override;

 private:
  ImageBox crop(int64_t height, int64_t width, const ViewPlan& plan, const ViewStreams& streams) const;
  const ViewPlan& plan(int64_t view) const { return view >= o_.count ? local_ : view == 1 ? second_ : global_; }
  ImagePlanes place(const Image& image, const ViewPlan& plan, const ViewStreams& streams, ViewScratch& scratch) const;
  void jitter(ImagePlanes planes, const ViewStreams& streams) const;
  void blur(ImagePlanes planes, double probability, const ViewStreams& streams, ViewScratch& scratch) const;
  ImagePlanes move(ImagePlanes planes, const ViewStreams& streams, ViewScratch& scratch) const;
  void noise(ImagePlanes planes, const ViewStreams& streams, ViewScratch& scratch) const;
  void cutout(ImagePlanes planes, const ViewStreams& streams) const;

  ImageViewOptions o_;
  int64_t channels_;
  ViewPlan global_, second_, local_;
  Preprocess preprocess_;
  PixelScale scale_;
  std::array<uint8_t, 3> mean_colour_{};
};

constexpr int64_t kMostCrops = 100;  // draws for one that lies apart; then the farthest of them

int64_t local_size(int64_t side, double share) {
  return std::max<int64_t>(1, std::lround(share * static_cast<double>(side)));
}

ImageViews::ImageViews(const ImageViewOptions& options, const Preprocess& p)
    : o_(options), channels_(p.channels), preprocess_(p), scale_(pixel_scale(p)) {
  const auto own = [](double value, double common) { return value < 0 ? common : value; };
  global_ = {p.height, p.width, o_.crop_scale_min, o_.crop_scale_max, o_.blur, o_.solarize};
  second_ = global_;
  second_.blur = own(o_.second_blur, o_.blur);
  second_.solarize = own(o_.second_solarize, o_.solarize);
  local_ = {local_size(p.height, o_.local_side),
            local_size(p.width, o_.local_side),
            o_.local_scale_min,
            o_.local_scale_max,
            own(o_.local_blur, o_.blur),
            o_.solarize};
  mean_colour_.fill(p.colour == "lab" ? 119 : 0);  // 119: the grey of L = 50
  if (p.colour == "lab") return;
  for (size_t c = 0; c < p.mean.size(); ++c)
    mean_colour_[c] = static_cast<uint8_t>(std::clamp(std::lround(p.mean[c] * 255), 0L, 255L));
}

double centre_distance(const ImageBox& a, const ImageBox& b) {
  return std::hypot(static_cast<double>(2 * (a.top - b.top) + a.height - b.height) / 2,
                    static_cast<double>(2 * (a.left - b.left) + a.width - b.width) / 2);
}

// The whole picture where crops are off. With crop_apart, a view that is too near the first draws again from its stream.
ImageBox ImageViews::crop(int64_t height, int64_t width, const ViewPlan& plan, const ViewStreams& streams) const {
  if (plan.scale_min >= 1) return {.height = height, .width = width};
  CounterRng rng = streams(ViewOp::kCrop);
  const CropRange range{plan.scale_min, plan.scale_max, o_.crop_ratio_min, o_.crop_ratio_max};
  ImageBox box = random_crop(height, width, range, rng);
  if (o_.crop_apart <= 0 || streams.view == 0) return box;
  const ImageBox first = crop(height, width, global_, {streams.seed, streams.epoch, streams.sample, 0});
  const double wanted = o_.crop_apart * static_cast<double>(std::max(height, width));
  double reached = centre_distance(first, box);
  for (int64_t i = 0; i < kMostCrops && reached < wanted; ++i) {
    const ImageBox other = random_crop(height, width, range, rng);
    if (const double distance = centre_distance(first, other); distance > reached) box = other, reached = distance;
  }
  return box;
}

ImageBox ImageViews::looked_at(int64_t height, int64_t width, uint64_t seed, uint32_t epoch, uint64_t sample_id) const {
  int64_t top = height, left = width, bottom = 0, right = 0;
  for (int64_t view = 0; view < count(); ++view) {
    const ImageBox box = crop(height, width, plan(view), {seed, epoch, sample_id, static_cast<uint16_t>(view)});
    top = std::min(top, box.top), bottom = std::max(bottom, box.top + box.height);
    left = std::min(left, box.left), right = std::max(right, box.left + box.width);
  }
  return {.top = top, .left = left, .height = bottom - top, .width = right - left};
}

// Crop, resize and flip, in one pass.
ImagePlanes ImageViews::place(const Image& image, const ViewPlan& plan, const ViewStreams& streams,
                              ViewScratch& scratch) const {
  const ImageBox box = crop(image.height, image.width, plan, streams);
  CentreFit fit;
  if (plan.scale_min < 1) {
    fit.y = {.in = box.height, .out = plan.height, .count = plan.height};
    fit.x = {.in = box.width, .out = plan.width, .count = plan.width};
  } else {
    fit = centre_fit(image.height, image.width, plan.height, plan.width);
  }
  fit.x.mirrored = o_.flip > 0 && streams(ViewOp::kFlip).chance(o_.flip);
  const ImageSource source = image_box(image, box, channels_, scratch.preprocess.grey);
  scratch.bytes_a.resize(static_cast<size_t>(channels_ * plan.height * plan.width));
  const ImagePlanes planes{scratch.bytes_a.data(), channels_, plan.height, plan.width};
  image_resize(source, fit.y, fit.x, planes.data, scratch.preprocess.resize);
  expand_grey(planes, source.channels);
  return planes;
}

void ImageViews::jitter(ImagePlanes planes, const ViewStreams& streams) const {
  if (o_.jitter <= 0 || !streams(ViewOp::kJitter).chance(o_.jitter)) return;
  std::array<ViewOp, 4> order{ViewOp::kBrightness, ViewOp::kContrast, ViewOp::kSaturation, ViewOp::kHue};
  CounterRng shuffle = streams(ViewOp::kJitterOrder);
  for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[shuffle.below(i + 1)]);
  const auto factor = [&](ViewOp op, double strength) {
    return static_cast<float>(streams(op).uniform(std::max(0.0, 1 - strength), 1 + strength));
  };
  for (const ViewOp op : order) {
    if (op == ViewOp::kBrightness && o_.brightness > 0) image_brightness(planes, factor(op, o_.brightness));
    if (op == ViewOp::kContrast && o_.contrast > 0) image_contrast(planes, factor(op, o_.contrast));
    if (op == ViewOp::kSaturation && o_.saturation > 0) image_saturation(planes, factor(op, o_.saturation));
    if (op == ViewOp::kHue && o_.hue > 0) image_hue(planes, hue_steps(streams(op).uniform(-o_.hue, o_.hue)));
  }
}

void ImageViews::blur(ImagePlanes planes, double probability, const ViewStreams& streams, ViewScratch& scratch) const {
  if (probability <= 0) return;
  CounterRng rng = streams(ViewOp::kBlur);
  if (!rng.chance(probability)) return;
  const double sigma = rng.uniform(o_.blur_sigma_min, o_.blur_sigma_max);
  image_blur(planes, sigma, blur_radius(std::min(planes.height, planes.width)), scratch.blur);
}

// Rotation and translation, each from bytes_a into bytes_b and back by name.
ImagePlanes ImageViews::move(ImagePlanes planes, const ViewStreams& streams, ViewScratch& scratch) const {
  const auto swap_buffers = [&] {
    scratch.bytes_a.swap(scratch.bytes_b);
    planes.data = scratch.bytes_a.data();
  };
  if (o_.rotation > 0) {
    scratch.bytes_b.resize(scratch.bytes_a.size());
    const double degrees = streams(ViewOp::kRotation).uniform(-o_.rotation, o_.rotation);
    image_rotate(planes, degrees, scratch.bytes_b.data());
    swap_buffers();
  }
  if (o_.translation > 0) {
    scratch.bytes_b.resize(scratch.bytes_a.size());
    CounterRng rng = streams(ViewOp::kTranslation);
    const int64_t dx = std::lrint(rng.uniform(-o_.translation, o_.translation) * static_cast<double>(planes.width));
    const int64_t dy = std::lrint(rng.uniform(-o_.translation, o_.translation) * static_cast<double>(planes.height));
    image_translate(planes, dx, dy, scratch.bytes_b.data());
    swap_buffers();
  }
  return planes;
}

void ImageViews::noise(ImagePlanes planes, const ViewStreams& streams, ViewScratch& scratch) const {
  if (o_.noise <= 0) return;
  CounterRng rng = streams(ViewOp::kNoise);
  scratch.floats_a.resize(static_cast<size_t>(planes.bytes()));
  for (float& value : scratch.floats_a) value = static_cast<float>(255 * o_.noise * rng.normal());
  image_add_noise(planes.data, scratch.floats_a.data(), planes.bytes());
}

// The square's centre is uniform over the picture, so that it may lie partly outside (arXiv:1708.04552 section 3.2).
void ImageViews::cutout(ImagePlanes planes, const ViewStreams& streams) const {
  if (o_.cutout <= 0) return;
  CounterRng rng = streams(ViewOp::kCutout);
  const int64_t side = std::lrint(o_.cutout * static_cast<double>(std::min(planes.height, planes.width)));
  const auto row = static_cast<int64_t>(rng.below(static_cast<uint64_t>(planes.height)));
  const auto column = static_cast<int64_t>(rng.below(static_cast<uint64_t>(planes.width)));
  image_fill(planes, row - side / 2, column - side / 2, side, side, mean_colour_.data());
}

void ImageViews::make(const Sample& sample, uint64_t seed, uint32_t epoch, int64_t view, float* out,
                      ViewScratch& scratch) const {
  check_image(sample.image, "image_views");
  const ViewStreams streams{seed, epoch, sample.id, static_cast<uint16_t>(view)};
  const ViewPlan& how = plan(view);
  ImagePlanes planes = place(sample.image, how, streams, scratch);
  jitter(planes, streams);
  if (o_.greyscale > 0 && streams(ViewOp::kGreyscale).chance(o_.greyscale)) image_greyscale(planes);
  blur(planes, how.blur, streams, scratch);
  if (how.solarize > 0 && streams(ViewOp::kSolarize).chance(how.solarize)) image_solarize(planes, 128);
  planes = move(planes, streams, scratch);
  noise(planes, streams, scratch);
  cutout(planes, streams);
  if (preprocess_.colour == "lab") return write_lab(planes, preprocess_, out);
  for (size_t c = 0; c < static_cast<size_t>(channels_); ++c) {
    const auto k = static_cast<int64_t>(c);
    image_normalise(planes.plane(k), 1, planes.area(), scale_.scale[c], scale_.offset[c], out + k * planes.area());
  }
}

}  // namespace

ViewsPtr image_views(const ImageViewOptions& options, const Preprocess& preprocess) {
  ImageViewOptions o = options;
  check_fields(fields_of(o), "image_views");
  check(o.crop_scale_min <= o.crop_scale_max, "image_views: expected crop_scale_max >= crop_scale_min (",
        o.crop_scale_min, "), got ", o.crop_scale_max);
  check(o.crop_ratio_min <= o.crop_ratio_max, "image_views: expected crop_ratio_max >= crop_ratio_min (",
        o.crop_ratio_min, "), got ", o.crop_ratio_max);
  check(o.local_scale_min <= o.local_scale_max, "image_views: expected local_scale_max >= local_scale_min (",
        o.local_scale_min, "), got ", o.local_scale_max);
  check(o.blur_sigma_min <= o.blur_sigma_max, "image_views: expected blur_sigma_max >= blur_sigma_min (",
        o.blur_sigma_min, "), got ", o.blur_sigma_max);
  check_preprocess(preprocess, "image_views");
  check(preprocess.modality == "image", "image_views: expected images, got modality ", preprocess.modality);
  return std::make_shared<ImageViews>(options, preprocess);
}

}  // namespace kindred
