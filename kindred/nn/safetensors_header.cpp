// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/core/json_fwd.h"

namespace kindred {
namespace {

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kDtypes{{
    {"F64", at::kDouble},
    {"F32", at::kFloat},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"I64", at::kLong},
    {"I32", at::kInt},
    {"I16", at::kShort},
    {"I8", at::kChar},
    {"U8", at::kByte},
    {"BOOL", at::kBool},
}};

// A name as a message shows it: cut, and without control characters, since it may come from a hostile file.
std::string shown(std::string_view name) {
  std::string out = "\"";
  for (const char c : name.substr(0, 60)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out + (name.size() > 60 ? "...\"" : "\"");
}

// Where a parsed header turns out to be wrong.
struct Place {
  const std::string& path;
  std::string name;  // of the tensor

  [[noreturn]] void fail(const std::string& what, int64_t offset = kHeaderStart) const {
    throw Corruption(path, offset, "tensor " + shown(name) + ": " + what);
  }
};

// Parses with a watch for what nlohmann would let pass: a repeated key, and nesting that no header has.
Json parse_strictly(std::string_view text, const std::string& path) {
  std::vector<std::set<std::string>> keys;  // of the open objects
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > 3) throw Corruption(path, kHeaderStart, "expected a header of at most three levels, got a deeper one");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      throw Corruption(path, kHeaderStart,
                       "expected each name once, got " + shown(value.get<std::string>()) + " twice");
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const nlohmann::json::parse_error& error) {
    const auto at = kHeaderStart + static_cast<int64_t>(error.byte) - (error.byte > 0 ? 1 : 0);
    throw Corruption(path, at, "expected a JSON header, got something else");
  } catch (const nlohmann::json::exception&) {
    throw Corruption(path, kHeaderStart, "expected a JSON header, got a number out of range");
  }
}

int64_t natural(const Json& value, const Place& place, const char* what) {
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (!value.is_number_unsigned() || value.get<uint64_t>() > kMost)
    place.fail(concat("expected ", what, " to be whole numbers >= 0, got another value"));
  return static_cast<int64_t>(value.get<uint64_t>());
}

at::ScalarType parse_dtype(const Json& value, const Place& place) {
  const auto word = value.is_string() ? value.get<std::string>() : std::string();
  for (const auto& [known, dtype] : kDtypes)
    if (word == known) return dtype;
  place.fail("expected dtype one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, got " + shown(word));
}

const Json& member(const Json& object, const char* key, const Place& place) {
  const auto found = object.find(key);
  if (found == object.end()) place.fail(concat("expected the key \"", key, "\", got none"));
  return *found;
}

TensorEntry parse_entry(const std::string& name, const Json& value, const std::string& path) {
  const Place place{path, name};
  if (!value.is_object()) place.fail("expected an object, got another value");
  TensorEntry entry;
  entry.name = name;
  entry.dtype = parse_dtype(member(value, "dtype", place), place);

  const auto& shape = member(value, "shape", place);
  if (!shape.is_array() || shape.size() > 64)
    place.fail("expected shape to be a list of at most 64 sizes, got another value");
  int64_t bytes = static_cast<int64_t>(at::elementSize(entry.dtype));
  bool empty = false;
  for (const auto& item : shape) {
    entry.shape.push_back(natural(item, place, "the sizes in shape"));
    empty = empty || entry.shape.back() == 0;
    // Zeros count last: what the other sizes multiply to must fit as well, since strides are made of it.
    bytes = checked_product(bytes, std::max<int64_t>(entry.shape.back(), 1), path, kHeaderStart);
  }
  if (empty) bytes = 0;

  const auto& offsets = member(value, "data_offsets", place);
  if (!offsets.is_array() || offsets.size() != 2)
    place.fail("expected data_offsets to be two numbers, got another value");
  entry.begin = natural(offsets[0], place, "data_offsets");
  entry.end = natural(offsets[1], place, "data_offsets");
  if (entry.end < entry.begin || entry.end - entry.begin != bytes)
    place.fail(
        concat("expected ", bytes, " bytes for its shape, got data_offsets [", entry.begin, ", ", entry.end, "]"));
  return entry;
}

std::map<std::string, std::string> parse_metadata(const Json& value, const std::string& path) {
  if (!value.is_object())
    throw Corruption(path, kHeaderStart, "expected __metadata__ to be an object, got another value");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string())
      throw Corruption(path, kHeaderStart, "expected the metadata " + shown(key) + " to be text, got another value");
    metadata.emplace(key, text.get<std::string>());
  }
  return metadata;
}

// The tensors in order of their bytes must follow each other without gap or overlap and end with the file.
void check_cover(const std::vector<TensorEntry>& entries, int64_t data_start, int64_t data_bytes,
                 const std::string& path) {
  std::vector<const TensorEntry*> order;
  for (const auto& entry : entries) order.push_back(&entry);
  std::ranges::sort(order, {}, [](const TensorEntry* entry) { return std::pair(entry->begin, entry->end); });
  int64_t at = 0;
  for (const auto* entry : order) {
    const Place place{path, entry->name};
    if (entry->end > data_bytes)
      place.fail(concat("expected its bytes to end within the ", data_bytes, " bytes of data, got ", entry->end),
                 data_start + std::min(entry->begin, data_bytes));
    if (entry->begin != at)
      place.fail(concat("expected its bytes to start at ", at, " of the data, got ", entry->begin,
                        entry->begin < at ? " (overlap)" : " (gap)"),
                 data_start + entry->begin);
    at = entry->end;
  }
  if (at != data_bytes)
    throw Corruption(path, data_start + at, concat("expected the file to end, got ", data_bytes - at, " more bytes"));
}

}  // namespace

std::string_view dtype_word(at::ScalarType dtype, std::string_view who) {
  for (const auto& [word, known] : kDtypes)
    if (known == dtype) return word;
  throw InvalidArgument(
      concat(who, ": expected dtype one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, got ", dtype));
}

std::string header_text(const TensorHeader& header) {
  Json json = Json::object();
  if (!header.metadata.empty()) json["__metadata__"] = header.metadata;
  for (const auto& entry : header.entries)
    json[entry.name] = {{"dtype", dtype_word(entry.dtype, "safetensors")},
                        {"shape", entry.shape},
                        {"data_offsets", {entry.begin, entry.end}}};
  auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

TensorHeader parse_header(std::string_view text, int64_t data_bytes, const std::string& path) {
  if (!text.starts_with('{'))
    throw Corruption(path, kHeaderStart, "expected a header that starts with '{', got something else");
  const auto json = parse_strictly(text, path);
  TensorHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") header.metadata = parse_metadata(value, path);
    else header.entries.push_back(parse_entry(name, value, path));
  }
  check_cover(header.entries, kHeaderStart + static_cast<int64_t>(text.size()), data_bytes, path);
  return header;
}

}  // namespace kindred
