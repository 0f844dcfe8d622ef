// SPDX-License-Identifier: Apache-2.0
// Grammar:  SPEC = NAME ["/" SPLIT] [KEYS] | KIND ":" PATH [KEYS] | PATH [KEYS],  KEYS = "?" KEY "=" VALUE {"&" KEY "=" VALUE}.
// A bare path that exists as typed is taken whole, so that a '?' in a file name does no harm; else the last '?' starts
// the keys. mix keeps all that follows its colon: the keys there belong to its parts.
#include "kindred/data/spec.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/core/names.h"
#include "kindred/data/recognise.h"

namespace kindred {
namespace {

// The row called name, or nullptr.
const DatasetRow* find_row(std::string_view name) {
  const auto row = std::ranges::find(dataset_rows(), name, &DatasetRow::name);
  return row == dataset_rows().end() ? nullptr : &*row;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const DatasetRow& row : dataset_rows()) names.emplace_back(row.name);
  return names;
}

[[noreturn]] void fail_kind(std::string_view kind, std::string_view text) {
  throw InvalidArgument(unknown_name("data", "a kind of data", kind, kind_names()) + " in \"" + std::string(text) +
                        "\"");
}

std::map<std::string, std::string> parse_keys(std::string_view text, std::string_view spec) {
  std::map<std::string, std::string> keys;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    const size_t equals = pair.find('=');
    check(equals != std::string_view::npos && equals > 0, "data: expected key=value after '?', got \"", pair,
          "\" in \"", spec, "\"");
    const auto [at, fresh] = keys.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    check(fresh, "data: expected each key once, got ", at->first, " twice in \"", spec, "\"");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return keys;
}

bool exists(std::string_view path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::path(path), ignored);
}

// NAME or NAME/SPLIT.
void parse_named(std::string_view body, DataSpec& spec) {
  spec.kind = body.substr(0, body.find_first_of("/:"));
  const std::string_view rest = body.substr(spec.kind.size());
  check(!rest.starts_with(':'), spec.kind, ": expected no path but a split (", spec.kind, "/train), got \"", spec.text,
        "\"; another folder goes into ?folder=DIR");
  if (rest.empty()) return;
  spec.split = rest.substr(1);
  check(spec.split == "train" || spec.split == "test", spec.kind, ": expected split train or test, got \"", spec.split,
        "\" in \"", spec.text, "\"");
}

// A path whose kind its content tells.
void parse_bare(std::string_view body, DataSpec& spec) {
  if (!exists(body)) {
    const std::string_view head = body.substr(0, body.find_first_of("/:"));
    const bool like_path = body.find_first_of("/.") != std::string_view::npos;
    if (!head.empty() && (!like_path || !nearest_names(head, kind_names()).empty())) fail_kind(head, spec.text);
    throw IoError(std::string(body), "no such file or folder");
  }
  spec.path = body;
  spec.kind = recognise(spec.path);
  check(!spec.kind.empty(),
        "data: expected a folder of pictures, or a .tar, .csv, .tsv, .jsonl, .npy, IDX or CIFAR .bin file, got \"",
        body, "\"; name the kind where it is one of them (idx:", body, ")");
}

}  // namespace

DataSpec parse_spec(std::string_view text) {
  check(!text.empty(), "data: expected a SPEC (fashion-mnist/train, images:FOLDER, FILE.npy), got nothing");
  DataSpec spec;
  spec.text = text;
  std::string_view body = text;
  const bool whole = text.starts_with("mix:");
  if (const size_t mark = text.rfind('?'); !whole && mark != std::string_view::npos && !exists(text)) {
    body = text.substr(0, mark);
    spec.keys = parse_keys(text.substr(mark + 1), text);
  }
  const std::string_view head = body.substr(0, body.find_first_of("/:"));
  const bool has_colon = head.size() < body.size() && body[head.size()] == ':';
  const DatasetRow* row = find_row(head);
  if (row != nullptr && row->named) {
    parse_named(body, spec);
  } else if (row != nullptr && has_colon) {
    spec.kind = head;
    spec.path = body.substr(head.size() + 1);
    check(!spec.path.empty(), spec.kind, ": expected a path as in ", spec.kind, ":PATH, got \"", text, "\"");
  } else if (find_row(body) != nullptr && !exists(body)) {
    throw InvalidArgument(concat(body, ": expected a path as in ", body, ":PATH, got \"", text, "\""));
  } else if (has_colon && !exists(body)) {
    fail_kind(head, text);
  } else {
    parse_bare(body, spec);
  }
  return spec;
}

}  // namespace kindred
