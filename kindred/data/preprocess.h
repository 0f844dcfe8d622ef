// SPDX-License-Identifier: Apache-2.0
// What an encoder needs done to a raw sample before it: part of the model, saved in its file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/data/dataset.h"
#include "kindred/kernels/image_resize.h"

namespace kindred {

// Images: convert to `channels`, resize (antialiased bilinear) so that the shorter side fits, centre crop to
// height x width, divide by 255 (or turn into Lab), subtract mean, divide by std (per channel). Vectors: subtract mean, divide by std.
struct Preprocess {
  std::string modality = "image";  // "image" or "vector"
  int64_t channels = 3;
  int64_t height = 32;
  int64_t width = 32;
  int64_t features = 0;           // vectors
  std::vector<double> mean = {};  // [channels] or [features]; empty = 0
  std::vector<double> std = {};   // likewise; empty = 1
  // "lab": CIE L*a*b* (kernels/image_lab.h) in place of /255; mean and std are then its own
  std::string colour = "rgb";
  std::vector<int64_t> parts = {};  // channels (features) that go to each of several encoders; empty = one sees all
};
void visit_fields(FieldList& v, Preprocess& o);

// Lightness and colour for encoders of their own, as in CMC, arXiv:1906.05849: "L_ab" two parts, "L_a_b" three. Pictures
// become Lab with the mean and std of the authors' code; a vector's features are cut into so many stretches.
// Throws InvalidArgument where they are grey or fewer features than parts.
void split_parts(Preprocess& preprocess, std::string_view channels);

// Shape of one prepared sample: {C, H, W} or {F}.
std::vector<int64_t> input_shape(const Preprocess& preprocess);

// The preprocessing that suits a data set: images of `size` square (0: as they are where all have one size of at most 256
// pixels a side, else 32 square), and mean and std measured on at most 2048 samples spread evenly over it, rounded to 4
// digits. Deterministic. Throws InvalidArgument.
Preprocess fit_preprocess(const Dataset& dataset, int64_t size = 0);

// Buffers reused between calls of one thread.
struct PreprocessScratch {
  std::vector<uint8_t> bytes;  // the picture at the encoder's size, in planes
  std::vector<uint8_t> grey;   // a colour source turned grey
  std::vector<float> floats;
  ResizeScratch resize;
};

// Writes one prepared sample, [C, H, W] or [F], to out. Throws InvalidArgument where the sample does not fit.
void prepare(const Sample& sample, const Preprocess& preprocess, float* out, PreprocessScratch& scratch);

}  // namespace kindred
