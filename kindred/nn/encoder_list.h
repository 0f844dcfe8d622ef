// SPDX-License-Identifier: Apache-2.0
// The encoder families, one .cpp each, and the checks of shapes they share. For the registry and those files only.
#pragma once

#include <memory>
#include <string_view>

#include "kindred/nn/encoder.h"

namespace kindred {

std::unique_ptr<EncoderRecipe> convnet_recipe();
std::unique_ptr<EncoderRecipe> mlp_recipe();
std::unique_ptr<EncoderRecipe> resnet18_recipe();
std::unique_ptr<EncoderRecipe> resnet34_recipe();
std::unique_ptr<EncoderRecipe> resnet50_recipe();

// The largest sample an encoder is made for: a model file that claims more is refused before memory is asked for.
constexpr int64_t kMostNumbers = int64_t{1} << 28;
constexpr int64_t kMostChannels = 4096;

// The number of values in a sample of this shape. Throws InvalidArgument unless there are 1 to kMostNumbers.
int64_t sample_numbers(std::string_view who, const InputShape& shape);

// Throws InvalidArgument unless shape is {C, H, W} of 1 to kMostNumbers values in 1 to kMostChannels channels.
void check_image_shape(std::string_view who, const InputShape& shape);

// Throws InvalidArgument unless x is [B, channels, H, W]. H and W are free: the encoders pool over both.
void check_image_batch(std::string_view who, const torch::Tensor& x, int64_t channels);

}  // namespace kindred
