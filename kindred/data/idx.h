// SPDX-License-Identifier: Apache-2.0
// The IDX format of MNIST: two zero bytes, a type, a number of dimensions, that many big-endian int32 sizes, the values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace kindred {

inline constexpr uint8_t kIdxUbyte = 0x08;
inline constexpr uint8_t kIdxInt = 0x0C;

// Element i of the array is bytes[i * width .. (i + 1) * width), big-endian, width 1 (ubyte) or 4 (int).
struct IdxArray {
  uint8_t type = 0;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
};

// The array of a file, gzip or not; types ubyte and int. Throws IoError; Corruption (magic, a negative size, fewer or
// more values than the sizes say).
IdxArray read_idx(const std::filesystem::path& path);

// A one-dimensional array as labels: >= 0, or kNoLabel. Throws as read_idx.
std::vector<int64_t> read_idx_labels(const std::filesystem::path& path);

// The labels file that lies beside an images file under the usual name: images -> labels, idx3 -> idx1, ubyte or int,
// gzip or not. Empty where there is none.
std::filesystem::path find_idx_labels(const std::filesystem::path& images);

}  // namespace kindred
