// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace kindred {

// A file that is read at any place, with system calls instead of a map: a file that is shortened meanwhile is an error and
// not the end of the program, and what was read does not count as the program's memory. Thread-safe once made.
class RandomFile {
 public:
  explicit RandomFile(const std::filesystem::path& path);  // throws IoError (missing, a folder)
  ~RandomFile();
  RandomFile(const RandomFile&) = delete;
  RandomFile& operator=(const RandomFile&) = delete;

  int64_t size() const { return size_; }  // when it was opened
  const std::string& name() const { return name_; }
  // Exactly n bytes at offset to out. Throws IoError, or Corruption where the file ends before.
  void read(int64_t offset, void* out, int64_t n) const;

 private:
  std::string name_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

}  // namespace kindred
