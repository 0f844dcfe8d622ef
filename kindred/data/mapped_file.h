// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace kindred {

// The bytes of a file, mapped where the file system allows it and read otherwise. Thread-safe once made.
// A mapped file must not be shortened while it is open: the system then ends the program (SIGBUS).
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);  // throws IoError
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  int64_t size() const { return size_; }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::string copy_;  // where mapping was refused
  const uint8_t* data_ = nullptr;
  int64_t size_ = 0;
  bool mapped_ = false;
};

}  // namespace kindred
