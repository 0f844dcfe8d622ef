// SPDX-License-Identifier: Apache-2.0
// A file read once, front to back, unpacked on the way where it is gzip.
//
// Sizes that the file itself claims are never allocated before the bytes have arrived (read_block).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kindred {

class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& path);  // throws IoError
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  // Up to n bytes to out; fewer only at the end. Throws IoError, or Corruption (broken or cut gzip stream).
  int64_t read(void* out, int64_t n);
  // Exactly n bytes. Throws Corruption "expected n bytes of <what>, got k".
  void read_exactly(void* out, int64_t n, const std::string& what);
  // n bytes as a vector that grows as they come, so that a lie about n costs no memory. Throws as read_exactly.
  std::vector<uint8_t> read_block(int64_t n, const std::string& what);
  // Throws Corruption unless the file ends here; checks the gzip checksum too.
  void expect_end();

  int64_t offset() const { return offset_; }  // in the unpacked bytes
  const std::string& name() const { return name_; }

 private:
  [[noreturn]] void fail_short(int64_t got, int64_t wanted, const std::string& what);
  std::string name_;
  void* stream_ = nullptr;  // gzFile
  int64_t offset_ = 0;
};

}  // namespace kindred
