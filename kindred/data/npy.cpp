// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/npy.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/data/npy_header.h"
#include "kindred/data/sample.h"

namespace kindred {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr int64_t kMostHeader = 1 << 20;  // a shape takes tens of bytes
constexpr int64_t kAlignment = 64;        // of the values in files written here, as NumPy has it
static_assert(std::endian::native == std::endian::little, "write_npy writes the machine's bytes as little-endian");

// Where the header text lies: {offset, length}.
std::pair<int64_t, int64_t> header_place(const MappedFile& file) {
  const uint8_t* data = file.data();
  const std::string_view start(reinterpret_cast<const char*>(data),
                               static_cast<size_t>(std::min<int64_t>(file.size(), 6)));
  if (start != kMagic) throw Corruption(file.name(), 0, "expected a .npy file (\\x93NUMPY), got other bytes");
  const auto need = [&](int64_t bytes) {
    if (file.size() < bytes)
      throw Corruption(file.name(), file.size(), "expected the .npy header, got the end of the file");
  };
  need(10);
  if (data[6] < 1 || data[6] > 3)
    throw Corruption(file.name(), 6, concat("expected .npy version 1, 2 or 3, got ", int{data[6]}));
  int64_t offset = 10, length = data[8] | data[9] << 8;
  if (data[6] > 1) {
    need(12);
    offset = 12;
    length |= int64_t{data[10]} << 16 | int64_t{data[11]} << 24;
  }
  if (length > kMostHeader)
    throw Corruption(file.name(), 8, concat("expected a header of at most ", kMostHeader, " bytes, got ", length));
  need(offset + length);
  return {offset, length};
}

double half_to_double(uint16_t half) {
  const int exponent = half >> 10 & 31, fraction = half & 1023;
  double value = 0;
  if (exponent == 0) value = std::ldexp(fraction, -24);
  else if (exponent == 31)
    value = fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
  else value = std::ldexp(fraction + 1024, exponent - 25);
  return (half & 0x8000) != 0 ? -value : value;
}

template <class Value>
void write_array(const std::filesystem::path& path, std::span<const Value> values, const std::vector<int64_t>& shape,
                 const char* descr) {
  int64_t product = 1;
  std::string sizes;
  for (const int64_t side : shape) {
    product *= side;
    sizes += std::to_string(side) + ", ";
  }
  check(product == static_cast<int64_t>(values.size()), "write_npy: expected ", product, " values, got ",
        values.size());
  if (shape.size() > 1) sizes.resize(sizes.size() - 2);
  else if (!sizes.empty()) sizes.pop_back();
  std::string dict = concat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (", sizes, "), }");
  constexpr int64_t kFront = 10;
  const auto bare = static_cast<int64_t>(dict.size()) + kFront + 1;
  dict.append(static_cast<size_t>((kAlignment - bare % kAlignment) % kAlignment), ' ');
  dict += '\n';
  std::string front(kMagic);
  front += {'\1', '\0', static_cast<char>(dict.size() & 255), static_cast<char>(dict.size() >> 8)};
  AtomicFile file(path);
  file.write(front + dict);
  file.write(values.data(), values.size_bytes());
  file.commit();
}

}  // namespace

NpyFile::NpyFile(const std::filesystem::path& path) : file_(path) {
  const auto [offset, length] = header_place(file_);
  const std::string_view text(reinterpret_cast<const char*>(file_.data()) + offset, static_cast<size_t>(length));
  const NpyHeader header = parse_npy_header(text, name(), offset);
  data_offset_ = offset + length;
  shape_ = header.shape;

  const std::string& descr = header.descr;
  const std::string_view known = "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8";
  const bool order = descr.size() == 3 && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  check(order && known.find(descr.substr(1)) != std::string_view::npos, name(),
        ": expected an array of whole or floating-point numbers, got type \"", descr, "\"");
  kind_ = descr[1];
  item_bytes_ = descr[2] - '0';
  swapped_ = descr[0] == '>';

  size_ = 1;
  strides_.assign(shape_.size(), 1);
  for (size_t i = 0; i < shape_.size(); ++i) {
    const size_t d = header.fortran_order ? i : shape_.size() - 1 - i;
    strides_[d] = size_;
    size_ = checked_product(size_, shape_[d], name(), offset);
  }
  const int64_t bytes = checked_product(size_, item_bytes_, name(), offset), have = file_.size() - data_offset_;
  if (bytes != have) throw Corruption(name(), data_offset_, concat("expected ", bytes, " bytes of values, got ", have));
}

uint64_t NpyFile::bits(int64_t position) const {
  const uint8_t* from = file_.data() + offset(position);
  uint64_t value = 0;
  for (int64_t i = 0; i < item_bytes_; ++i) value |= uint64_t{from[i]} << 8 * (swapped_ ? item_bytes_ - 1 - i : i);
  return value;
}

double NpyFile::real(int64_t position) const {
  const uint64_t value = bits(position);
  if (item_bytes_ == 2) return half_to_double(static_cast<uint16_t>(value));
  if (item_bytes_ == 4) return std::bit_cast<float>(static_cast<uint32_t>(value));
  return std::bit_cast<double>(value);
}

int64_t NpyFile::whole(int64_t position) const {
  const uint64_t value = bits(position);
  if (kind_ == 'i') {  // sign-extend
    const int unused = static_cast<int>(64 - 8 * item_bytes_);
    return static_cast<int64_t>(value << unused) >> unused;
  }
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    throw Corruption(name(), offset(position), concat("expected a number below 2^63, got ", value));
  return static_cast<int64_t>(value);
}

std::vector<int64_t> read_npy_labels(const std::filesystem::path& path) {
  const NpyFile file(path);
  check(file.shape().size() == 1 && file.kind() != 'f', file.name(),
        ": expected labels as one dimension of whole numbers, got ", file.shape().size(), " of type ", file.type());
  std::vector<int64_t> labels(static_cast<size_t>(file.size()));
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    labels[i] = file.whole(at);
    if (labels[i] < kNoLabel)
      throw Corruption(file.name(), file.offset(at), concat("expected a label >= 0, got ", labels[i]));
  }
  return labels;
}

void write_npy(const std::filesystem::path& path, std::span<const float> values, const std::vector<int64_t>& shape) {
  write_array(path, values, shape, "<f4");
}
void write_npy(const std::filesystem::path& path, std::span<const double> values, const std::vector<int64_t>& shape) {
  write_array(path, values, shape, "<f8");
}
void write_npy(const std::filesystem::path& path, std::span<const int64_t> values, const std::vector<int64_t>& shape) {
  write_array(path, values, shape, "<i8");
}
void write_npy(const std::filesystem::path& path, std::span<const uint64_t> values, const std::vector<int64_t>& shape) {
  write_array(path, values, shape, "<u8");
}

}  // namespace kindred
