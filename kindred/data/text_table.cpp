// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/text_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/data/byte_reader.h"
#include "kindred/data/mapped_file.h"

namespace kindred {

// The bytes of the file as they lie on the disk, or unpacked.
struct TextTable::Text {
  std::unique_ptr<MappedFile> map;
  std::string unpacked;
  std::string_view view() const {
    return map ? std::string_view(reinterpret_cast<const char*>(map->data()), static_cast<size_t>(map->size()))
               : unpacked;
  }
};

TextTable::TextTable(std::string name, std::shared_ptr<const Text> owner)
    : name_(std::move(name)), owner_(std::move(owner)), text_(owner_->view()) {}

std::string TextTable::place(int64_t offset) const {
  constexpr size_t kBlock = 1 << 16;
  std::call_once(lines_once_, [&] {
    lines_ = {1};
    for (size_t at = 0; at < text_.size(); at += kBlock)
      lines_.push_back(lines_.back() + std::ranges::count(text_.substr(at, kBlock), '\n'));
  });
  const size_t block = static_cast<size_t>(offset) / kBlock;
  const auto rest = text_.substr(block * kBlock, static_cast<size_t>(offset) - block * kBlock);
  return concat(name_, ":", lines_[block] + std::ranges::count(rest, '\n'));
}

void TextTable::fail(int64_t offset, const std::string& what) const { throw Corruption(place(offset), -1, what); }

int64_t TextTable::line_end(int64_t offset) const {
  return static_cast<int64_t>(std::min(text_.find('\n', static_cast<size_t>(offset)), text_.size()));
}

std::string_view TextTable::without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

int64_t TextTable::skip_empty(int64_t offset) const {
  while (offset < end()) {
    const int64_t stop = line_end(offset);
    if (!without_return(text_.substr(static_cast<size_t>(offset), static_cast<size_t>(stop - offset))).empty()) break;
    offset = std::min(stop + 1, end());
  }
  return offset;
}

namespace {

template <TableFormat>
class Delimited final : public TextTable {
 public:
  Delimited(std::string name, std::shared_ptr<const Text> owner);
  void read_row(int64_t& offset, const std::vector<size_t>& wanted, std::vector<std::string>& out) const override;

 private:
  int64_t read_quoted(int64_t row, int64_t at, std::string* out) const;
  template <class Take>
  int64_t for_fields(int64_t row, Take take) const;
};

// A quoted field whose opening quote is at `at`; returns what follows the closing one. "" is a quote.
template <TableFormat kFormat>
int64_t Delimited<kFormat>::read_quoted(int64_t row, int64_t at, std::string* out) const {
  auto position = static_cast<size_t>(at) + 1;
  for (;;) {
    const size_t quote = text_.find('"', position);
    if (quote == std::string_view::npos) fail(row, "expected a closing quote, got the end of the file");
    if (out != nullptr) out->append(text_, position, quote - position);
    position = quote + 1;
    if (position >= text_.size() || text_[position] != '"') break;
    if (out != nullptr) out->push_back('"');
    ++position;
  }
  if (position < text_.size() && text_[position] == '\r') ++position;
  if (position < text_.size() && text_[position] != ',' && text_[position] != '\n')
    fail(row, concat("expected a comma or the end of the line after a closing quote, got \"", text_[position], "\""));
  return static_cast<int64_t>(position);
}

// take(number of the field) says where its text goes, or nullptr. Returns the start of the next line.
template <TableFormat kFormat>
template <class Take>
int64_t Delimited<kFormat>::for_fields(int64_t row, Take take) const {
  constexpr char kComma = kFormat == TableFormat::kCsv ? ',' : '\t';
  int64_t at = row;
  for (size_t field = 0;; ++field) {
    std::string* out = take(field);
    if (out != nullptr) out->clear();
    if (kFormat == TableFormat::kCsv && at < end() && text_[static_cast<size_t>(at)] == '"') {
      at = read_quoted(row, at, out);
    } else {
      const int64_t first = at;
      while (at < end() && text_[static_cast<size_t>(at)] != kComma && text_[static_cast<size_t>(at)] != '\n') ++at;
      std::string_view text = text_.substr(static_cast<size_t>(first), static_cast<size_t>(at - first));
      if (at == end() || text_[static_cast<size_t>(at)] == '\n') text = without_return(text);
      if (out != nullptr) out->assign(text);
    }
    if (at >= end()) return end();
    if (text_[static_cast<size_t>(at++)] == '\n') return at;
  }
}

template <TableFormat kFormat>
Delimited<kFormat>::Delimited(std::string name, std::shared_ptr<const Text> owner)
    : TextTable(std::move(name), std::move(owner)) {
  first_row_ = skip_empty(text_.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  if (first_row_ == end()) fail(0, "expected a row of column names, got the end of the file");
  const int64_t header = first_row_;
  std::string field;
  bool any = false;
  const int64_t next = for_fields(header, [&](size_t) {
    if (any) columns_.push_back(field);
    any = true;
    return &field;
  });
  columns_.push_back(field);
  for (size_t i = 0; i < columns_.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (columns_[j] == columns_[i]) fail(header, "expected each column name once, got \"" + columns_[i] + "\" twice");
  first_row_ = skip_empty(next);
}

template <TableFormat kFormat>
void Delimited<kFormat>::read_row(int64_t& offset, const std::vector<size_t>& wanted,
                                  std::vector<std::string>& out) const {
  const int64_t row = offset;
  offset = skip_empty(std::min(line_end(row) + 1, end()));  // where to go on after an error
  out.resize(wanted.size());
  size_t fields = 0;
  const int64_t next = for_fields(row, [&](size_t field) -> std::string* {
    ++fields;
    const auto found = std::ranges::find(wanted, field);
    return found == wanted.end() ? nullptr : &out[static_cast<size_t>(found - wanted.begin())];
  });
  if (fields != columns_.size())
    fail(row, concat("expected ", columns_.size(), " fields as in the row of column names, got ", fields));
  offset = skip_empty(next);
}

// Takes the wanted members of one object; nested values are walked over.
class LineHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  virtual std::string* take(const std::string& key) = 0;
  std::string problem;

  bool null() override { return store(""); }
  bool boolean(bool value) override { return store(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return store(wanted() ? std::to_string(value) : ""); }
  bool number_unsigned(number_unsigned_t value) override { return store(wanted() ? std::to_string(value) : ""); }
  bool number_float(number_float_t, const string_t& text) override { return store(text); }
  bool string(string_t& value) override { return store(value); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return nested('{'); }
  bool start_array(std::size_t) override { return nested('['); }
  bool end_object() override { return --depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool key(string_t& value) override {
    if (depth_ == 1) target_ = take(value);
    if (depth_ == 1 && target_ != nullptr) key_ = value;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    problem = concat("expected a JSON object, got something else at column ", position);
    return false;
  }

 private:
  bool nested(char bracket) {
    if (depth_ == 0 && bracket != '{') problem = "expected a JSON object, got an array";
    if (depth_ == 1 && target_ != nullptr) problem = "expected a text or a number as \"" + key_ + "\", got " + bracket;
    ++depth_;
    return problem.empty();
  }
  bool wanted() const { return depth_ == 0 || target_ != nullptr; }
  bool store(const std::string& text) {
    if (depth_ == 0) problem = "expected a JSON object, got " + text;
    if (depth_ == 1 && target_ != nullptr) *target_ = text;
    return problem.empty();
  }
  std::string* target_ = nullptr;
  std::string key_;
  int depth_ = 0;
};

// A walk over one flat object of plain ASCII, several times as fast as the parser, which takes all other lines.
class FlatObject {
 public:
  explicit FlatObject(std::string_view line) : rest_(line) {}

  // take(key) says where the value goes, or nullptr. False: not such an object, or not sound; nothing is promised of
  // what was taken.
  template <class Take>
  bool read(Take take) {
    if (!skip('{')) return false;
    if (skip('}')) return at_end();
    do {
      std::string_view key, value;
      if (!text(key) || !skip(':')) return false;
      std::string* const out = take(key);
      if (!text(value) && !number(value) && !word(value)) return false;
      if (out != nullptr) out->assign(value);
    } while (skip(','));
    return skip('}') && at_end();
  }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  bool at_end() { return skip_space(), rest_.empty(); }
  bool skip(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool text(std::string_view& out) {
    skip_space();
    if (!rest_.starts_with('"')) return false;
    size_t end = 1;
    while (end < rest_.size() && rest_[end] >= ' ' && rest_[end] != '"' && rest_[end] != '\\') ++end;
    if (end >= rest_.size() || rest_[end] != '"') return false;
    out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }
  // Without exponent; as it is spelled.
  bool number(std::string_view& out) {
    const auto digits = [&](size_t from) {
      return std::min(rest_.find_first_not_of("0123456789", from), rest_.size());
    };
    const size_t first = rest_.starts_with('-') ? 1 : 0;
    size_t end = digits(first);
    if (end == first || (end - first > 1 && rest_[first] == '0')) return false;
    if (end < rest_.size() && rest_[end] == '.') {
      const size_t point = end;
      end = digits(point + 1);
      if (end == point + 1) return false;
    }
    if (end < rest_.size() && rest_[end] != ',' && rest_[end] != '}' && rest_[end] != ' ') return false;
    out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }
  bool word(std::string_view& out) {
    for (const std::string_view known : {"true", "false", "null"})
      if (rest_.starts_with(known)) {
        out = known == "null" ? std::string_view() : known;
        rest_.remove_prefix(known.size());
        return true;
      }
    return false;
  }
  std::string_view rest_;
};

class JsonLines final : public TextTable {
 public:
  JsonLines(std::string name, std::shared_ptr<const Text> owner) : TextTable(std::move(name), std::move(owner)) {
    first_row_ = skip_empty(text_.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    if (first_row_ == end()) fail(0, "expected JSON objects, one a line, got the end of the file");
    struct Keys final : LineHandler {
      std::vector<std::string> keys;
      std::string* take(const std::string& key) override { return keys.push_back(key), nullptr; }
    } keys;
    parse(first_row_, line_end(first_row_), keys);
    columns_ = std::move(keys.keys);
  }

  void read_row(int64_t& offset, const std::vector<size_t>& wanted, std::vector<std::string>& out) const override {
    const int64_t row = offset, stop = line_end(row);
    offset = skip_empty(std::min(stop + 1, end()));
    out.resize(wanted.size());
    const auto clear = [&] {
      for (std::string& field : out) field.clear();
    };
    const auto take_in = [&](std::string_view key) -> std::string* {
      for (size_t i = 0; i < wanted.size(); ++i)
        if (columns_[wanted[i]] == key) return &out[i];
      return nullptr;
    };
    clear();
    if (FlatObject(text_.substr(static_cast<size_t>(row), static_cast<size_t>(stop - row))).read(take_in)) return;
    clear();
    struct Fields final : LineHandler {
      decltype(take_in)* where;
      std::string* take(const std::string& key) override { return (*where)(key); }
    } fields;
    fields.where = &take_in;
    parse(row, stop, fields);
  }

 private:
  void parse(int64_t row, int64_t stop, LineHandler& handler) const {
    const std::string_view line = text_.substr(static_cast<size_t>(row), static_cast<size_t>(stop - row));
    if (!nlohmann::json::sax_parse(line.begin(), line.end(), &handler))
      fail(row, handler.problem.empty() ? "expected a JSON object, got something else" : handler.problem);
  }
};

}  // namespace

std::unique_ptr<TextTable> open_table(const std::filesystem::path& path, TableFormat format) {
  auto text = std::make_shared<TextTable::Text>();
  text->map = std::make_unique<MappedFile>(path);
  if (text->view().starts_with("\x1F\x8B")) {
    text->map.reset();
    ByteReader reader(path);
    constexpr int64_t kBlock = int64_t{1} << 22;
    for (int64_t got = kBlock; got == kBlock;) {
      const size_t before = text->unpacked.size();
      text->unpacked.resize(before + kBlock);
      got = reader.read(text->unpacked.data() + before, kBlock);
      text->unpacked.resize(before + static_cast<size_t>(got));
    }
  }
  switch (format) {
    case TableFormat::kCsv:
      return std::make_unique<Delimited<TableFormat::kCsv>>(path.string(), std::move(text));
    case TableFormat::kTsv:
      return std::make_unique<Delimited<TableFormat::kTsv>>(path.string(), std::move(text));
    case TableFormat::kJsonl:
      break;
  }
  return std::make_unique<JsonLines>(path.string(), std::move(text));
}

}  // namespace kindred
