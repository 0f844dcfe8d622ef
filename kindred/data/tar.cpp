// SPDX-License-Identifier: Apache-2.0
// Data kind `tar`: WebDataset shards. Members that stand next to each other and share a key (the name up to the first dot
// of its last part) are one thing: its picture, and files such as .cls beside it. Pictures are decoded where they lie.
//
// What a key with several pictures means: with image=A,B a given pair; without it each picture is a sample of its own and
// the key is their group (one thing seen by several sensors). With clips=key the digits at the end of the key are the
// time and what comes before them is the group.
// The index has 36 bytes for each sample of one picture, made by one walk over the headers. Ids are a hash of shard, key and, where the
// key has several pictures, ending: they stay when shards move or are added.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/data/brace_range.h"
#include "kindred/data/kinds.h"
#include "kindred/data/label_column.h"
#include "kindred/data/picture_dataset.h"
#include "kindred/data/random_file.h"
#include "kindred/data/sample_id.h"
#include "kindred/data/tar_walk.h"

namespace kindred {
namespace {

constexpr std::array<std::string_view, 4> kPictureEndings = {"jpg", "jpeg", "png", "webp"};
constexpr std::array<std::string_view, 12> kOtherPictures = {"jpe",  "jfif", "gif", "bmp", "tif", "tiff",
                                                             "avif", "heic", "jxl", "jp2", "ppm", "pgm"};

constexpr int64_t kMostLabel = 1 << 20;  // bytes of a .cls, .txt or .json

struct TarName {
  std::string_view key;     // "train/cat/7"
  std::string_view ending;  // "left.png"
};

TarName split_tar_name(std::string_view name) {
  if (name.starts_with("./")) name.remove_prefix(2);
  const size_t slash = name.rfind('/');
  const size_t dot = name.find('.', slash == std::string_view::npos ? 0 : slash + 1);
  if (dot == std::string_view::npos) return {.key = name, .ending = {}};
  return {.key = name.substr(0, dot), .ending = name.substr(dot + 1)};
}

template <class List>
bool ends_as(std::string_view ending, const List& list) {
  const std::string_view last = ending.substr(ending.rfind('.') + 1);
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::any_of(list, [&](std::string_view one) { return std::ranges::equal(last, one, {}, small); });
}

// "obj01_005": the group "obj01_" at time 5.
struct ClipName {
  std::string_view clip;
  double time = kNoNumber;
};

ClipName split_clip(std::string_view key) {
  const size_t last = key.find_last_not_of("0123456789");
  const size_t digits = last == std::string_view::npos ? 0 : last + 1;
  double time = kNoNumber;
  std::from_chars(key.data() + digits, key.data() + key.size(), time);
  return {.clip = key.substr(0, digits), .time = time};
}

// Where a picture lies.
struct TarPicture {
  int64_t header = 0;  // of the member, to read its name again
  int64_t data = 0;
  int64_t size = 0;
};

struct TarOptions {
  std::vector<std::string> images;  // endings of a given pair, or of the one picture; empty: every picture
  std::string label;                // ending of the label's file, "folder", or "none"
  std::string field;                // of a JSON label
  bool label_must = false;          // it was asked for
  bool clips = false;
};

TarOptions tar_options(const DataSpec& spec) {
  TarOptions options{.images = key_list(spec, "image"), .label = key_or(spec, "label", "cls"), .field = {}};
  options.label_must = spec.keys.contains("label") && options.label != "none";
  if (const size_t at = options.label.find("json."); at != std::string::npos) {
    options.field = options.label.substr(at + 5);
    options.label.resize(at + 4);
  }
  options.clips = key_choice(spec, "clips", {"none", "key"}) == "key";
  return options;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The text or number at `field` of a JSON object, or the JSON itself where field is empty. Throws InvalidArgument.
std::string json_label(std::string_view text, const std::string& field) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  check(!json.is_discarded(), "expected JSON as label, got something else");
  check(field.empty() || (json.is_object() && json.contains(field)), "expected a field \"", field,
        "\" in the JSON, got none");
  const auto& value = field.empty() ? json : json.at(field);
  check(value.is_string() || value.is_number(), "expected a text or a number as label, got ", value.type_name(),
        field.empty() ? "; label=json.FIELD names a field" : "");
  return value.is_string() ? value.get<std::string>() : value.dump();
}

class TarSource final : public PictureSource {
 public:
  TarSource(const DataSpec& spec, PictureOptions& picture_options)
      : options_(tar_options(spec)), skip_(picture_options.skip), labels_(key_label_kind(spec)) {
    for (const std::string& path : expand_braces(spec.path)) read_shard(path);
    if (!groups_.empty()) groups_.resize(ids_.size(), kNoGroup);
    DatasetInfo& info = picture_options.info;
    labels_.finish(info);
    info.pictures = std::max<int64_t>(1, static_cast<int64_t>(options_.images.size()));
    info.grouped = !groups_.empty();
    info.timed = options_.clips;
    picture_options.skipped = skipped_;
  }

  int64_t size() const override { return static_cast<int64_t>(pictures_.size()) / per_sample(); }
  int64_t label(int64_t item) const override { return labels_.at(item); }
  std::string_view bytes(int64_t item, int64_t which, std::string& buffer) const override {
    const TarPicture& at = picture(item, which);
    buffer.resize(static_cast<size_t>(at.size));
    RandomFile(shard(item).path).read(at.data, buffer.data(), at.size);
    return buffer;
  }
  std::string name(int64_t item, int64_t which) const override {
    return concat(shard(item).path.string(), ": offset ", picture(item, which).data, ": ", member_name(item, which));
  }
  std::string source(int64_t item) const override { return shard(item).name + "/" + member_name(item, 0); }
  uint64_t id(int64_t item) const override { return ids_[static_cast<size_t>(item)]; }
  int64_t group(int64_t item) const override { return groups_.empty() ? kNoGroup : groups_[static_cast<size_t>(item)]; }
  double time(int64_t item) const override { return times_.empty() ? kNoNumber : times_[static_cast<size_t>(item)]; }

 private:
  struct Shard {
    std::filesystem::path path;
    std::string name;   // without folders
    int64_t first = 0;  // its first sample
  };
  struct Member {
    std::string ending;
    TarPicture at;
  };
  // The members of one key.
  struct Thing {
    std::string key;
    std::vector<Member> members;
    std::optional<std::string> label;  // what the label's file holds
  };

  int64_t per_sample() const { return std::max<int64_t>(1, static_cast<int64_t>(options_.images.size())); }
  const TarPicture& picture(int64_t item, int64_t which) const {
    return pictures_[static_cast<size_t>(item * per_sample() + which)];
  }
  const Shard& shard(int64_t item) const {
    return *std::prev(std::ranges::upper_bound(shards_, item, {}, &Shard::first));
  }
  std::string member_name(int64_t item, int64_t which) const {
    const RandomFile archive(shard(item).path);
    return TarWalk(archive).member(picture(item, which).header)->name;
  }

  void read_shard(const std::filesystem::path& path) {
    Shard& shard = shards_.emplace_back();
    shard = {.path = path, .name = path.filename().string(), .first = size()};
    const RandomFile archive(path);
    TarWalk walk(archive);
    Thing thing;
    try {
      for (auto member = walk.member(0); member; member = walk.member(member->next)) {
        const TarName name = split_tar_name(member->name);
        const std::string_view base = name.key.substr(name.key.rfind('/') + 1);  // npos + 1 is 0
        if (!member->file || base.empty() || base.starts_with("__")) continue;   // hidden, or notes of WebDataset's own
        if (name.key != thing.key) {
          take(shard, thing);
          thing.key = name.key;
          thing.members.clear();
          thing.label.reset();
        }
        thing.members.push_back({std::string(name.ending), {member->header, member->data, member->size}});
        if (name.ending == options_.label && member->size <= kMostLabel)
          thing.label = std::string(walk.bytes(member->data, member->size));
      }
    } catch (const Corruption&) {
      if (!skip_) throw;
      ++skipped_;  // what follows in this shard cannot be found
    }
    take(shard, thing);
  }

  // Adds the samples of a key, or none and counts it where it is bad and that is allowed.
  void take(const Shard& shard, const Thing& thing) {
    if (thing.members.empty()) return;
    try {
      const auto pictures = pictures_of(thing);
      if (pictures.empty()) return;
      const std::string label = label_of(thing);
      const ClipName clip = split_clip(thing.key);
      check(!options_.clips || !std::isnan(clip.time), "expected a key that ends in digits (clips=key), got none");
      name_.assign(shard.name).append("/").append(thing.key);
      const size_t samples = pictures.size() / static_cast<size_t>(per_sample());
      for (size_t i = 0; i < samples; ++i) {
        if (const std::string problem = labels_.add(label); !problem.empty()) throw InvalidArgument(problem);
        ids_.push_back(text_id(samples == 1 ? name_ : name_ + "." + pictures[i]->ending));
        if (options_.clips) times_.push_back(clip.time);
      }
      for (const Member* picture : pictures) pictures_.push_back(picture->at);
      if (options_.clips || samples > 1) {
        groups_.resize(ids_.size() - samples, kNoGroup);
        groups_.resize(ids_.size(), options_.clips ? text_group(clip.clip) : text_group(name_));
      }
    } catch (const InvalidArgument& error) {
      if (!skip_) throw Corruption(shard.path.string(), thing.members[0].at.header, thing.key + ": " + error.what());
      ++skipped_;
    }
  }

  // per_sample() of them for each sample.
  std::vector<const Member*> pictures_of(const Thing& thing) const {
    std::vector<const Member*> pictures;
    if (options_.images.empty()) {
      for (const Member& member : thing.members)
        if (ends_as(member.ending, kPictureEndings)) pictures.push_back(&member);
      const bool expected = std::ranges::any_of(thing.members, [&](const Member& member) {
        return member.ending == options_.label || ends_as(member.ending, kOtherPictures);
      });
      check(!pictures.empty() || !expected, "expected a picture (.jpg, .png, .webp), got only .",
            thing.members[0].ending);
      return pictures;
    }
    std::string absent;
    for (const std::string& wanted : options_.images) {
      const auto found = std::ranges::find(thing.members, wanted, &Member::ending);
      if (found == thing.members.end()) absent = wanted;
      else pictures.push_back(&*found);
    }
    check(pictures.empty() || absent.empty(), "expected .", absent, " beside the other pictures, got none");
    return pictures;
  }

  // Empty: no label. Throws InvalidArgument.
  std::string label_of(const Thing& thing) const {
    if (options_.label == "none") return {};
    if (options_.label == "folder") {
      const size_t end = thing.key.rfind('/');
      check(end != std::string::npos, "expected a member in a folder (label=folder), got none");
      const std::string_view folder = std::string_view(thing.key).substr(0, end);
      return std::string(folder.substr(folder.rfind('/') + 1));  // npos + 1 is 0
    }
    check(thing.label || !options_.label_must, "expected .", options_.label, " beside the picture, got none");
    if (!thing.label) return {};
    return options_.label.ends_with("json") ? json_label(*thing.label, options_.field)
                                            : std::string(trimmed(*thing.label));
  }

  TarOptions options_;
  bool skip_;
  LabelColumn labels_;
  std::vector<Shard> shards_;
  std::vector<TarPicture> pictures_;  // [N * per_sample()]
  std::vector<uint64_t> ids_;         // [N]
  std::vector<int64_t> groups_;       // [N], or empty
  std::vector<double> times_;         // [N], or empty
  int64_t skipped_ = 0;
  std::string name_;  // of the thing that is being taken; kept for its room
};

}  // namespace

DatasetPtr open_tar(const DataSpec& spec) {
  check_keys(spec, {"image", "label", "labels", "clips", "min_side", "on_error"});
  PictureOptions options = key_picture_options(spec);
  auto source = std::make_unique<TarSource>(spec, options);
  check(source->size() > 0, "tar: expected at least one picture (.jpg, .png, .webp) in ", spec.path, ", got none (",
        options.skipped, " bad ones)");
  return picture_dataset(std::move(source), std::move(options));
}

}  // namespace kindred
