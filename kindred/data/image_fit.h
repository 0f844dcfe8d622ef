// SPDX-License-Identifier: Apache-2.0
// How a decoded picture comes to the encoder's channels, size and scale: the steps that prepare() and views/ share.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kindred/data/preprocess.h"
#include "kindred/data/sample.h"
#include "kindred/kernels/image_planes.h"
#include "kindred/kernels/image_resize.h"

namespace kindred {

// Throws InvalidArgument "<who>: expected ..." where the picture is empty, larger than 2^20 on a side, of a channel
// count other than 1 or 3, or its pixels are not as many as its sides say.
void check_image(const Image& image, std::string_view who);

// The box of the picture with `channels` channels as far as that needs fewer: a colour box wanted in grey is converted
// into grey_buffer; a grey box stays grey (expand_grey() makes three planes of it after the resize).
ImageSource image_box(const Image& image, const ImageBox& box, int64_t channels, std::vector<uint8_t>& grey_buffer);

// The axes that resize height x width so that the shorter side fits and cut out the centre, as torchvision's
// Resize + CenterCrop does: the other side is rounded down, an odd margin is halved to even.
struct CentreFit {
  ResizeAxis y, x;
};
CentreFit centre_fit(int64_t height, int64_t width, int64_t out_height, int64_t out_width);

// Copies plane 0 to the further planes, where the source had one channel and the planes have three.
void expand_grey(ImagePlanes planes, int64_t source_channels);

// /255, minus mean, over std as one product and one sum per channel.
struct PixelScale {
  std::array<float, 3> scale{};
  std::array<float, 3> offset{};
};
PixelScale pixel_scale(const Preprocess& preprocess);

// Planes of R, G, B as normalised L, a, b, preprocess.channels = 3 planes of floats.
void write_lab(ImagePlanes planes, const Preprocess& preprocess, float* out);

// The whole picture as preprocess wants it, before scaling: planes in scratch.bytes.
ImagePlanes fitted_planes(const Image& image, const Preprocess& preprocess, PreprocessScratch& scratch);

// Throws InvalidArgument "<who>: expected ..." where preprocess contradicts itself.
void check_preprocess(const Preprocess& preprocess, std::string_view who);

}  // namespace kindred
