// SPDX-License-Identifier: Apache-2.0
// Data kinds `csv`, `tsv`, `jsonl`: a table with a row for each sample, whose columns are paths of pictures, a label, a
// group, a time and a score. Several columns of pictures are given pairs.
//
// In memory a row takes 8 bytes and as many for each of its numbers: texts stay in the file and are read again when the
// sample is asked for. The id of a sample is a hash of its paths as they are written.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/core/names.h"
#include "kindred/data/kinds.h"
#include "kindred/data/label_column.h"
#include "kindred/data/picture_dataset.h"
#include "kindred/data/sample_id.h"
#include "kindred/data/text_table.h"

namespace kindred {
namespace {

constexpr size_t kAbsent = static_cast<size_t>(-1);

size_t column_called(const TextTable& table, const std::string& name) {
  const auto& columns = table.columns();
  const auto found = std::ranges::find(columns, name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  throw InvalidArgument(unknown_name(table.place(0), "a column", name, columns));
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// The column that a key names; without the key the one of the key's own name, if there is one; "key=" is none.
size_t optional_column(const TextTable& table, const DataSpec& spec, const std::string& key) {
  if (spec.keys.contains(key)) {
    const std::string name = key_or(spec, key, "");
    return name.empty() ? kAbsent : column_called(table, name);
  }
  const auto& columns = table.columns();
  const auto found = std::ranges::find(columns, key);
  return found == columns.end() ? kAbsent : static_cast<size_t>(found - columns.begin());
}

// Numbers of one column; no memory where there is no such column.
struct NumberColumn {
  std::vector<double> values;
  double at(int64_t item) const { return values.empty() ? kNoNumber : values[static_cast<size_t>(item)]; }
};

double number_of(const std::string& text, const char* what) {
  if (text.empty()) return kNoNumber;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc() && end == text.data() + text.size() && std::isfinite(value), "expected a number as ", what,
        ", got \"", text, "\"");
  return value;
}

class Manifest final : public PictureSource {
 public:
  Manifest(const DataSpec& spec, TableFormat format, PictureOptions& options)
      : table_(open_table(spec.path, format)), labels_(key_label_kind(spec)) {
    const std::filesystem::path path = spec.path;
    root_ = spec.keys.contains("root") ? std::filesystem::path(key_or(spec, "root", "")) : path.parent_path();
    find_columns(spec);
    read_rows(options);
    labels_.finish(options.info);
    options.info.pictures = static_cast<int64_t>(images_.size());
    options.info.grouped = group_ != kAbsent;
    options.info.timed = time_ != kAbsent;
    options.info.scored = score_ != kAbsent;
  }

  int64_t size() const override { return static_cast<int64_t>(rows_.size()); }
  int64_t label(int64_t item) const override { return labels_.at(item); }
  int64_t group(int64_t item) const override { return groups_.empty() ? kNoGroup : groups_[static_cast<size_t>(item)]; }
  double time(int64_t item) const override { return times_.at(item); }
  double score(int64_t item) const override { return scores_.at(item); }
  std::string source(int64_t item) const override { return table_->place(row(item)) + ": " + path_text(item, 0); }
  std::string name(int64_t item, int64_t which) const override {
    return table_->place(row(item)) + ": " + (root_ / path_text(item, which)).string();
  }
  uint64_t id(int64_t item) const override {
    std::string all;
    for (const std::string& path : paths(item)) all += (all.empty() ? "" : "\t") + path;
    return text_id(all);
  }
  std::string_view bytes(int64_t item, int64_t which, std::string& buffer) const override {
    try {
      read_file(root_ / path_text(item, which), buffer);
      return buffer;
    } catch (const IoError& error) {
      throw IoError(table_->place(row(item)), error.what());
    }
  }

 private:
  void find_columns(const DataSpec& spec) {
    std::vector<std::string> images = key_list(spec, "image");
    if (images.empty()) {
      images = {"image"};
      const auto& columns = table_->columns();
      check(std::ranges::find(columns, "image") != columns.end(), table_->place(0),
            ": expected a column called image, or image=COLUMN for the paths of the pictures, got the columns ",
            listed(columns));
    }
    for (const std::string& name : images) images_.push_back(column_called(*table_, name));
    label_ = optional_column(*table_, spec, "label");
    group_ = optional_column(*table_, spec, "group");
    time_ = optional_column(*table_, spec, "time");
    score_ = optional_column(*table_, spec, "score");
  }

  void read_rows(PictureOptions& options) {
    std::vector<size_t> wanted = images_;
    const auto want = [&](size_t column) {
      if (column == kAbsent) return kAbsent;
      wanted.push_back(column);
      return wanted.size() - 1;
    };
    const size_t label = want(label_), group = want(group_), time = want(time_), score = want(score_);
    std::vector<std::string> fields;
    for (int64_t next = table_->first_row(); next < table_->end();) {
      const int64_t offset = next;
      try {
        read_distinct(next, wanted, fields);
        take_row(offset, fields, label, group, time, score);
      } catch (const Corruption&) {
        if (!options.skip) throw;
        ++options.skipped;
      } catch (const InvalidArgument& error) {
        if (!options.skip) throw Corruption(table_->place(offset), -1, error.what());
        ++options.skipped;
      }
    }
    rows_.shrink_to_fit();
  }

  // As read_row; a column may be wanted twice (a pair of a picture with itself, the path as the label).
  void read_distinct(int64_t& next, const std::vector<size_t>& wanted, std::vector<std::string>& fields) const {
    table_->read_row(next, wanted, fields);
    for (size_t i = 1; i < wanted.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (wanted[j] == wanted[i]) {
          fields[i] = fields[j];
          break;
        }
  }

  // Adds the row to all columns, or throws and adds it to none.
  void take_row(int64_t offset, const std::vector<std::string>& fields, size_t label, size_t group, size_t time,
                size_t score) {
    for (size_t i = 0; i < images_.size(); ++i)
      check(!fields[i].empty(), "expected the path of a picture as ", table_->columns()[images_[i]], ", got nothing");
    const double time_value = time == kAbsent ? 0 : number_of(fields[time], "time");
    const double score_value = score == kAbsent ? 0 : number_of(fields[score], "score");
    if (label != kAbsent)
      if (const std::string problem = labels_.add(fields[label]); !problem.empty()) throw InvalidArgument(problem);
    if (time != kAbsent) times_.values.push_back(time_value);
    if (score != kAbsent) scores_.values.push_back(score_value);
    if (group != kAbsent) groups_.push_back(fields[group].empty() ? kNoGroup : text_group(fields[group]));
    rows_.push_back(offset);
  }

  int64_t row(int64_t item) const { return rows_[static_cast<size_t>(item)]; }
  std::vector<std::string> paths(int64_t item) const {
    int64_t offset = row(item);
    std::vector<std::string> fields;
    read_distinct(offset, images_, fields);
    return fields;
  }
  std::string path_text(int64_t item, int64_t which) const {
    return std::move(paths(item)[static_cast<size_t>(which)]);
  }

  std::unique_ptr<TextTable> table_;
  std::filesystem::path root_;
  std::vector<size_t> images_;
  size_t label_ = kAbsent, group_ = kAbsent, time_ = kAbsent, score_ = kAbsent;
  std::vector<int64_t> rows_;  // offsets
  LabelColumn labels_;
  std::vector<int64_t> groups_;
  NumberColumn times_, scores_;
};

DatasetPtr open_manifest(const DataSpec& spec, TableFormat format) {
  check_keys(spec, {"image", "label", "labels", "group", "time", "score", "root", "min_side", "on_error"});
  PictureOptions options = key_picture_options(spec);
  auto manifest = std::make_unique<Manifest>(spec, format, options);
  check(manifest->size() > 0, spec.kind, ": expected at least one row in ", spec.path, ", got none (", options.skipped,
        " bad ones)");
  return picture_dataset(std::move(manifest), std::move(options));
}

}  // namespace

DatasetPtr open_csv(const DataSpec& spec) { return open_manifest(spec, TableFormat::kCsv); }
DatasetPtr open_tsv(const DataSpec& spec) { return open_manifest(spec, TableFormat::kTsv); }
DatasetPtr open_jsonl(const DataSpec& spec) { return open_manifest(spec, TableFormat::kJsonl); }

}  // namespace kindred
