// SPDX-License-Identifier: Apache-2.0
// Whole files, written so that a reader never sees half of one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

// The bytes of a file. Throws IoError.
std::string read_file(const std::filesystem::path& path);
// The same into a string whose capacity is reused.
void read_file(const std::filesystem::path& path, std::string& bytes);

// A file that appears under its name complete or not at all: written beside it, synced, then renamed over it.
// Destroyed before commit(), it leaves nothing behind and the old file as it was.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);  // throws IoError (folder missing, not writable)
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, size_t bytes);  // throws IoError (full disk)
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();  // throws IoError

 private:
  [[noreturn]] void fail(const char* what, int error_number);
  std::filesystem::path path_, temporary_;
  int descriptor_ = -1;
};

// AtomicFile in one call.
void write_file(const std::filesystem::path& path, std::string_view bytes);

// A file of which complete lines are appended, each flushed: metrics.jsonl. Thread-compatible.
class LineFile {
 public:
  // Opens for appending after cutting the file to keep_bytes (-1: keep all). Throws IoError.
  LineFile(std::filesystem::path path, int64_t keep_bytes);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  void append(std::string_view line);  // without the newline. Throws IoError; a half-written line is cut off again
  int64_t size() const { return size_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

// Makes the folder and its parents. Throws IoError where that is refused or where the path is a file.
void make_folder(const std::filesystem::path& path);

}  // namespace kindred
