// SPDX-License-Identifier: Apache-2.0
// The table of data kinds, and opening by SPEC.
#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>

#include "kindred/core/error.h"
#include "kindred/core/names.h"
#include "kindred/data/kinds.h"
#include "kindred/data/picture_cache.h"

namespace kindred {
namespace {

// To add a kind: its open function in kinds.h, a row here.
constexpr std::array kRows = {
    DatasetRow{"cifar",
               "CIFAR-10 or CIFAR-100 in the binary version, a folder or one .bin; keys: split=train|test "
               "classes=10|100 labels=fine|coarse",
               "cifar:cifar-10-batches-bin?split=test", &open_cifar},
    DatasetRow{"csv",
               "a table with a row per sample, columns image (path; several: pairs), label, group, time, score; keys: "
               "image=COLUMN[,COLUMN] label=COLUMN group=COLUMN time=COLUMN score=COLUMN labels=auto|numbers|names "
               "root=FOLDER on_error=fail|skip min_side=PIXELS",
               "csv:files.csv?image=path&label=class", &open_csv},
    DatasetRow{"fashion-mnist",
               "70 000 grey 28x28 pictures of clothes, from the Debian package dataset-fashion-mnist; keys: folder",
               "fashion-mnist/test", &open_fashion_mnist, true},
    DatasetRow{"frames",
               "a folder with a folder of pictures per clip, in natural order: group = clip, time = position; keys: "
               "labels=clips|none on_error=fail|skip min_side=PIXELS",
               "frames:/videos/parts?labels=none", &open_frames},
    DatasetRow{"idx", "an IDX file of images as MNIST has it, gzip or not; keys: labels=FILE|none",
               "idx:train-images-idx3-ubyte.gz", &open_idx},
    DatasetRow{"images",
               "a folder of JPEG, PNG and WebP files, sub-folders are classes; keys: labels=folders|none "
               "on_error=fail|skip min_side=PIXELS",
               "images:/photos/cats?on_error=skip", &open_images},
    DatasetRow{"jsonl", "a JSON object per line; the rest as csv", "jsonl:files.jsonl?image=path", &open_jsonl},
    DatasetRow{"mix", "several SPECs with \" + \" between them, each as often as its *N says",
               "mix:fashion-mnist/train *2 + images:/photos/clothes?labels=none", &open_mix},
    DatasetRow{
        "npy",
        "a NumPy array: floats [N, F] are vectors, uint8 [N, H, W] or [N, H, W, C] images; keys: labels=FILE.npy",
        "npy:embeddings.npy?labels=labels.npy", &open_npy},
    DatasetRow{"tar",
               "WebDataset shards, not compressed; several by braces; keys: image=ENDING[,ENDING] "
               "label=ENDING|ENDING.FIELD|folder|none labels=auto|numbers|names clips=key|none on_error=fail|skip "
               "min_side=PIXELS",
               "tar:shard-{000..009}.tar?label=cls", &open_tar},
    DatasetRow{"tsv", "a table with tabs and no quoting; the rest as csv", "tsv:files.tsv?image=path", &open_tsv},
};
static_assert(std::ranges::is_sorted(kRows, {}, &DatasetRow::name));

// One end of a Python slice: empty = fallback, negative counts from the end, clipped to [0, size].
int64_t slice_end(std::string_view text, int64_t fallback, int64_t size, const std::string& spec) {
  if (text.empty()) return fallback;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc() && end == text.data() + text.size(), "range: expected A:B of whole numbers, got \"", text,
        "\" in ", spec);
  if (value < 0) value = value < -size ? 0 : value + size;
  return std::min(value, size);
}

// The samples A:B of a data set, ids unchanged.
DatasetPtr slice(DatasetPtr base, const std::string& range, const std::string& spec) {
  const size_t colon = range.find(':');
  check(colon != std::string::npos, "range: expected A:B as in Python, got \"", range, "\" in ", spec);
  const int64_t size = base->size();
  const int64_t first = slice_end(std::string_view(range).substr(0, colon), 0, size, spec);
  const int64_t last = slice_end(std::string_view(range).substr(colon + 1), size, size, spec);
  check(first < last, "range: expected at least one of the ", size, " samples, got ", range, " in ", spec);
  std::vector<int64_t> indices(static_cast<size_t>(last - first));
  std::iota(indices.begin(), indices.end(), first);
  return subset(std::move(base), std::move(indices));
}

}  // namespace

std::span<const DatasetRow> dataset_rows() { return kRows; }

DatasetPtr open_dataset(std::string_view text) {
  const DataSpec spec = parse_spec(text);
  const auto row = std::ranges::find(kRows, spec.kind, &DatasetRow::name);
  const std::string cache = key_or(spec, "cache", "none");
  check(!cache.empty(), spec.kind, ": expected cache=memory or cache=FILE, got nothing in ", spec.text);
  DatasetPtr dataset = row->open(spec);
  check(dataset->size() > 0, spec.kind, ": expected at least one sample, got none in ", spec.text);
  if (spec.keys.contains("range")) dataset = slice(std::move(dataset), key_or(spec, "range", ""), spec.text);
  if (cache == "none") return dataset;
  return cache == "memory" ? cached(std::move(dataset)) : file_cached(std::move(dataset), cache);
}

void check_keys(const DataSpec& spec, std::initializer_list<std::string_view> known) {
  std::vector<std::string> names(known.begin(), known.end());
  names.emplace_back("cache");
  names.emplace_back("range");
  std::ranges::sort(names);
  for (const auto& [key, value] : spec.keys)
    if (!std::ranges::binary_search(names, key))
      throw InvalidArgument(unknown_name(spec.kind, "a key", key, names) + " in " + spec.text);
}

std::string key_or(const DataSpec& spec, std::string_view key, std::string_view fallback) {
  const auto found = spec.keys.find(std::string(key));
  return found == spec.keys.end() ? std::string(fallback) : found->second;
}

std::string key_choice(const DataSpec& spec, std::string_view key, std::initializer_list<std::string_view> choices) {
  const std::string value = key_or(spec, key, *choices.begin());
  if (std::ranges::find(choices, value) != choices.end()) return value;
  const std::vector<std::string> names(choices.begin(), choices.end());
  throw InvalidArgument(unknown_name(spec.kind, concat(key, "="), value, names) + " in " + spec.text);
}

std::vector<std::string> key_list(const DataSpec& spec, std::string_view key) {
  std::vector<std::string> parts;
  if (!spec.keys.contains(std::string(key))) return parts;
  const std::string text = key_or(spec, key, "");
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    parts.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

LabelColumn::Kind key_label_kind(const DataSpec& spec) {
  const std::string kind = key_choice(spec, "labels", {"auto", "numbers", "names"});
  if (kind == "numbers") return LabelColumn::Kind::kNumbers;
  return kind == "names" ? LabelColumn::Kind::kNames : LabelColumn::Kind::kAuto;
}

PictureOptions key_picture_options(const DataSpec& spec) {
  PictureOptions options{.info = {}, .place = spec.path};
  options.info.name = spec.text;
  options.skip = key_choice(spec, "on_error", {"fail", "skip"}) == "skip";
  if (!spec.keys.contains("min_side")) return options;
  const std::string text = key_or(spec, "min_side", "");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.min_side);
  check(error == std::errc() && end == text.data() + text.size() && options.min_side >= 1, spec.kind,
        ": expected min_side=N, a whole number of pixels from 1, got \"", text, "\" in ", spec.text);
  return options;
}

}  // namespace kindred
