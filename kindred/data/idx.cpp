// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/idx.h"

#include <string>

#include "kindred/core/error.h"
#include "kindred/data/byte_reader.h"
#include "kindred/data/sample.h"

namespace kindred {
namespace {

int32_t big_endian(const uint8_t* p) {
  return static_cast<int32_t>(uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | uint32_t{p[3]});
}

// Replaces the last `from` in text; false where there is none.
bool replace_last(std::string& text, std::string_view from, std::string_view to) {
  const size_t at = text.rfind(from);
  if (at == std::string::npos) return false;
  text.replace(at, from.size(), to);
  return true;
}

}  // namespace

IdxArray read_idx(const std::filesystem::path& path) {
  ByteReader reader(path);
  const std::string& name = reader.name();
  uint8_t magic[4];
  reader.read_exactly(magic, 4, "IDX header");
  if (magic[0] != 0 || magic[1] != 0)
    throw Corruption(name, 0, concat("expected two zero bytes (IDX), got ", int{magic[0]}, " ", int{magic[1]}));
  if (magic[2] != kIdxUbyte && magic[2] != kIdxInt)
    throw Corruption(name, 2, concat("expected IDX type 8 (ubyte) or 12 (int), got ", int{magic[2]}));
  if (magic[3] < 1 || magic[3] > 4)
    throw Corruption(name, 3, concat("expected 1 to 4 dimensions, got ", int{magic[3]}));

  IdxArray array{.type = magic[2], .shape = {}, .bytes = {}};
  int64_t bytes = array.type == kIdxInt ? 4 : 1;
  for (int d = 0; d < magic[3]; ++d) {
    const int64_t at = reader.offset();
    uint8_t size[4];
    reader.read_exactly(size, 4, "IDX header");
    const int64_t value = big_endian(size);
    if (value < 0) throw Corruption(name, at, concat("expected size ", d, " >= 0, got ", value));
    array.shape.push_back(value);
    bytes = checked_product(bytes, value, name, at);
  }
  array.bytes = reader.read_block(bytes, "IDX values");
  reader.expect_end();
  return array;
}

std::vector<int64_t> read_idx_labels(const std::filesystem::path& path) {
  const IdxArray array = read_idx(path);
  if (array.shape.size() != 1)
    throw Corruption(path.string(), 3, concat("expected labels of 1 dimension, got ", array.shape.size()));
  const int64_t width = array.type == kIdxInt ? 4 : 1;
  std::vector<int64_t> labels(static_cast<size_t>(array.shape[0]));
  for (size_t i = 0; i < labels.size(); ++i) {
    const uint8_t* at = array.bytes.data() + i * static_cast<size_t>(width);
    labels[i] = width == 4 ? big_endian(at) : *at;
    if (labels[i] < kNoLabel)
      throw Corruption(path.string(), 8 + static_cast<int64_t>(i) * width,
                       concat("expected a label >= 0, got ", labels[i]));
  }
  return labels;
}

std::filesystem::path find_idx_labels(const std::filesystem::path& images) {
  std::string name = images.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (!replace_last(name, "images", "labels")) return {};
  if (!replace_last(name, "idx3", "idx1")) replace_last(name, "idx4", "idx1");
  std::string other = name;
  replace_last(other, "ubyte", "int");
  for (const std::string& stem : {name, other})
    for (const char* end : {"", ".gz"})
      if (const auto candidate = images.parent_path() / (stem + end); std::filesystem::exists(candidate))
        return candidate;
  return {};
}

}  // namespace kindred
