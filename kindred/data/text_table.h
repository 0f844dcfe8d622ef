// SPDX-License-Identifier: Apache-2.0
// A table of text in one buffer: CSV (RFC 4180), TSV (no quoting) and JSON lines. Rows are read where they lie, by
// offset, so that a table of millions of rows needs no strings in memory.
//
// All: UTF-8 with or without a byte order mark, lines end with LF or CR LF, empty lines are passed over, gzip is unpacked.
// CSV and TSV start with a row of column names, and each row has as many fields. A JSON line is one object; a key that is
// absent or null is an empty field, true and false are their names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

enum class TableFormat { kCsv, kTsv, kJsonl };

// Thread-safety: const members may be called from several threads at once.
class TextTable {
 public:
  virtual ~TextTable() = default;
  const std::vector<std::string>& columns() const { return columns_; }  // JSON lines: the keys of the first object
  const std::string& name() const { return name_; }
  int64_t first_row() const { return first_row_; }  // its offset
  int64_t end() const { return static_cast<int64_t>(text_.size()); }
  // "files.csv:17" for messages.
  std::string place(int64_t offset) const;
  // The fields of the row at offset in the columns at these positions, unquoted, to out; then moves offset to the next
  // row. Throws Corruption with file and line, after moving offset to the next line.
  virtual void read_row(int64_t& offset, const std::vector<size_t>& wanted, std::vector<std::string>& out) const = 0;

 protected:
  struct Text;  // who owns the bytes
  TextTable(std::string name, std::shared_ptr<const Text> owner);
  [[noreturn]] void fail(int64_t offset, const std::string& what) const;
  int64_t line_end(int64_t offset) const;    // of the LF, or the end
  int64_t skip_empty(int64_t offset) const;  // the next line that has something
  static std::string_view without_return(std::string_view line);

  std::string name_;
  std::shared_ptr<const Text> owner_;
  std::string_view text_;
  std::vector<std::string> columns_;
  int64_t first_row_ = 0;

 private:
  mutable std::once_flag lines_once_;
  mutable std::vector<int64_t> lines_;  // before each block of the text, for place()

  friend std::unique_ptr<TextTable> open_table(const std::filesystem::path& path, TableFormat format);
};

// Throws IoError, Corruption (no column names, a name twice).
std::unique_ptr<TextTable> open_table(const std::filesystem::path& path, TableFormat format);

}  // namespace kindred
