// SPDX-License-Identifier: Apache-2.0
// Data kind `frames`: the pictures of clips in their order. Each folder that holds pictures is a clip; its files are
// sorted naturally ("9.png" before "10.png"). The group is the clip, the time the position in it.
//
// Ids and groups are hashes of the path below the folder, so that they stay when clips are added.
#include <algorithm>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/data/folder_scan.h"
#include "kindred/data/kinds.h"
#include "kindred/data/natural_order.h"
#include "kindred/data/picture_dataset.h"
#include "kindred/data/sample_id.h"

namespace kindred {
namespace {

// "a/b/7.png": "a/b"; empty for pictures in the folder itself, which are one clip.
std::string_view clip_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

class FrameSource final : public PictureSource {
 public:
  // files: of one clip next to each other, in order.
  FrameSource(std::filesystem::path folder, std::vector<ScannedFile> files)
      : folder_(std::move(folder)), files_(std::move(files)) {
    for (size_t i = 0; i < files_.size(); ++i) {
      const bool same = i > 0 && clip_of(files_[i].path) == clip_of(files_[i - 1].path);
      times_.push_back(same ? times_.back() + 1 : 0);
    }
  }
  int64_t size() const override { return static_cast<int64_t>(files_.size()); }
  std::string_view bytes(int64_t item, int64_t, std::string& buffer) const override {
    read_file(folder_ / file(item).path, buffer);
    return buffer;
  }
  std::string name(int64_t item, int64_t) const override { return (folder_ / file(item).path).string(); }
  uint64_t id(int64_t item) const override { return text_id(file(item).path); }
  int64_t label(int64_t item) const override { return file(item).label; }
  int64_t group(int64_t item) const override { return text_group(clip_of(file(item).path)); }
  double time(int64_t item) const override { return times_[static_cast<size_t>(item)]; }
  std::string source(int64_t item) const override { return file(item).path; }

 private:
  const ScannedFile& file(int64_t item) const { return files_[static_cast<size_t>(item)]; }
  std::filesystem::path folder_;
  std::vector<ScannedFile> files_;
  std::vector<int32_t> times_;
};

bool frame_before(const ScannedFile& a, const ScannedFile& b) {
  const std::string_view clip_a = clip_of(a.path), clip_b = clip_of(b.path);
  return clip_a == clip_b ? natural_less(a.path, b.path) : natural_less(clip_a, clip_b);
}

}  // namespace

DatasetPtr open_frames(const DataSpec& spec) {
  check_keys(spec, {"labels", "min_side", "on_error"});
  const bool labels = key_choice(spec, "labels", {"clips", "none"}) == "clips";
  std::vector<ScannedFile> files = scan_folder(spec.path, false).files;
  std::ranges::sort(files, frame_before);
  PictureOptions options = key_picture_options(spec);
  options.info.labelled = labels;
  options.info.grouped = options.info.timed = true;
  if (labels)
    for (ScannedFile& file : files) {
      const std::string_view clip = clip_of(file.path);
      auto& names = options.info.class_names;
      if (names.empty() || names.back() != clip) names.emplace_back(clip);
      file.label = static_cast<int64_t>(names.size()) - 1;
    }
  return picture_dataset(std::make_unique<FrameSource>(spec.path, std::move(files)), std::move(options));
}

}  // namespace kindred
