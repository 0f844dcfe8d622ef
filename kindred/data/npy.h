// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy: versions 1, 2 and 3 read, version 1 written.
// Format: numpy.lib.format; "\x93NUMPY", version, header length, a Python dict as text, the values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "kindred/data/mapped_file.h"

namespace kindred {

// An array of a file, its values left where they are (mapped). Both byte orders; C and Fortran order (through strides).
class NpyFile {
 public:
  // Throws IoError; Corruption (magic, version, header, more or fewer values than the shape says); InvalidArgument
  // (a type that is no plain number: strings, objects, records, complex).
  explicit NpyFile(const std::filesystem::path& path);

  const std::string& name() const { return file_.name(); }
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t size() const { return size_; }  // number of values
  char kind() const { return kind_; }     // 'f', 'i', 'u', 'b'
  int64_t item_bytes() const { return item_bytes_; }
  std::string type() const { return kind_ + std::to_string(item_bytes_); }  // "f4"
  bool swapped() const { return swapped_; }  // stored in the other byte order than this machine's
  // In values, per dimension.
  const std::vector<int64_t>& strides() const { return strides_; }

  // The value at a position in storage order, as the sum of index * stride; rounded where the target is narrower.
  // REQUIRES kind 'f' (2, 4 or 8 bytes) for real(), 'i', 'u' or 'b' for whole(). A uint64 above 2^63 - 1 is a Corruption.
  double real(int64_t position) const;
  int64_t whole(int64_t position) const;
  // The bytes of the values in storage order.
  const uint8_t* bytes() const { return file_.data() + data_offset_; }
  // Byte offset of a value in the file, for messages.
  int64_t offset(int64_t position) const { return data_offset_ + position * item_bytes_; }

 private:
  uint64_t bits(int64_t position) const;
  MappedFile file_;
  std::vector<int64_t> shape_, strides_;
  int64_t data_offset_ = 0, item_bytes_ = 0, size_ = 0;
  char kind_ = 0;
  bool swapped_ = false;
};

// A one-dimensional array of whole numbers >= kNoLabel. Throws as NpyFile, and Corruption.
std::vector<int64_t> read_npy_labels(const std::filesystem::path& path);

// Writes values in C order, atomically (core/file.h). REQUIRES product of shape = values.size(). Throws IoError.
void write_npy(const std::filesystem::path& path, std::span<const float> values, const std::vector<int64_t>& shape);
void write_npy(const std::filesystem::path& path, std::span<const double> values, const std::vector<int64_t>& shape);
void write_npy(const std::filesystem::path& path, std::span<const int64_t> values, const std::vector<int64_t>& shape);
void write_npy(const std::filesystem::path& path, std::span<const uint64_t> values, const std::vector<int64_t>& shape);

}  // namespace kindred
