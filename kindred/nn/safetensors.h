// SPDX-License-Identifier: Apache-2.0
// The safetensors format: a JSON header (names, dtypes, shapes, offsets, text metadata), then the bytes.
// Used for models and for checkpoints. Page: docs/formats/safetensors.md.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace kindred {

struct TensorFile {
  std::vector<std::pair<std::string, at::Tensor>> tensors;  // written in this order; names unique
  std::map<std::string, std::string> metadata;
};

// Atomic (core/file.h): complete or not there. The same content gives the same bytes. Throws IoError, InvalidArgument
// (dtype other than F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL).
void save_tensors(const std::filesystem::path& path, const TensorFile& file);

// CPU tensors that own their memory. Throws IoError, Corruption with offset: header longer than the file, bad JSON,
// offsets that overlap or leave the file, sizes that do not match the shape, trailing bytes.
TensorFile load_tensors(const std::filesystem::path& path);
// The metadata alone, without reading the tensors.
std::map<std::string, std::string> load_metadata(const std::filesystem::path& path);

}  // namespace kindred
