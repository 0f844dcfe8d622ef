// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/npy_header.h"

#include <charconv>

#include "kindred/core/error.h"

namespace kindred {
namespace {

// Reads the little Python that NumPy writes, left to right.
class Parser {
 public:
  Parser(std::string_view text, const std::string& file, int64_t offset) : text_(text), file_(file), offset_(offset) {}

  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("'") + c + "'");
  }
  std::string quoted() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') fail("a quoted word");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("the end of a quoted word");
    const std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  bool truth() {
    skip_space();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return word == "True";
      }
    fail("True or False");
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> values;
    expect('(');
    while (!accept(')')) {
      skip_space();
      int64_t value = 0;
      const char* begin = text_.data() + at_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
      if (error != std::errc() || value < 0) fail("a size >= 0");
      at_ += static_cast<size_t>(end - begin);
      values.push_back(value);
      if (accept(')')) break;
      expect(',');
    }
    return values;
  }
  void expect_end() {
    skip_space();
    if (at_ != text_.size()) fail("nothing after the dict");
  }
  [[noreturn]] void fail(const std::string& expected) const {
    throw Corruption(file_, offset_ + static_cast<int64_t>(at_),
                     concat("expected ", expected, " in the .npy header, got \"", text_.substr(at_, 20), "\""));
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  std::string_view text_;
  const std::string& file_;
  int64_t offset_;
  size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& file, int64_t offset) {
  Parser parser(text, file, offset);
  NpyHeader header;
  bool descr = false, order = false, shape = false;
  parser.expect('{');
  while (!parser.accept('}')) {
    const std::string key = parser.quoted();
    parser.expect(':');
    if (key == "descr") {
      check(!parser.accept('['), file, ": expected an array of plain numbers, got records");
      header.descr = parser.quoted();
      descr = true;
    } else if (key == "fortran_order") {
      header.fortran_order = parser.truth();
      order = true;
    } else if (key == "shape") {
      header.shape = parser.tuple();
      shape = true;
    } else {
      parser.fail("descr, fortran_order or shape, before this");
    }
    if (!parser.accept(',')) {
      parser.expect('}');
      break;
    }
  }
  parser.expect_end();
  if (!descr || !order || !shape)
    throw Corruption(file, offset, "expected descr, fortran_order and shape in the .npy header");
  return header;
}

}  // namespace kindred
