// SPDX-License-Identifier: Apache-2.0
// .npy files and tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

namespace kindred::cli {

// The array of a file: floats of 4 and 8 bytes as they are, of 2 bytes as float32, whole numbers as int64, bools as bool.
// Throws as NpyFile.
at::Tensor read_npy_tensor(const std::filesystem::path& path);

// x: float32 or float64 of any shape and strides. Atomic (core/file.h). Throws IoError.
void write_npy_tensor(const std::filesystem::path& path, const at::Tensor& x);

}  // namespace kindred::cli
