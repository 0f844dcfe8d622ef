// SPDX-License-Identifier: Apache-2.0
// The JSON header of a safetensors file: text <-> what it says. Only safetensors.cpp and its tests include this.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

struct TensorEntry {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  int64_t begin = 0, end = 0;  // bytes, counted from the end of the header
};

struct TensorHeader {
  std::vector<TensorEntry> entries;
  std::map<std::string, std::string> metadata;
};

// Where every header starts: after its own length, an unsigned 64-bit little-endian number.
constexpr int64_t kHeaderStart = 8;
// The longest header the format allows.
constexpr int64_t kLongestHeader = 100'000'000;

// "F32". Throws InvalidArgument for a dtype the format has no word for; who: for the message.
std::string_view dtype_word(at::ScalarType dtype, std::string_view who);

// JSON, padded with spaces to a multiple of 8 bytes. Bytes that are not UTF-8 become U+FFFD.
std::string header_text(const TensorHeader& header);

// Reads and checks everything: JSON without repeated keys, known dtypes, shapes whose byte counts are those of their
// offsets, and offsets that cover [0, data_bytes) without gap or overlap. Throws Corruption with the offset in the file:
// of the bad character where the JSON is bad, of the tensor's bytes where these are, else of the header.
TensorHeader parse_header(std::string_view text, int64_t data_bytes, const std::string& path);

}  // namespace kindred
