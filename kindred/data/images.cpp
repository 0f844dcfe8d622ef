// SPDX-License-Identifier: Apache-2.0
// Data kind `images`: a folder of pictures, decoded when asked for.
//
// Ids are a hash of the path below the folder, so that they stay when files are added or removed.
#include <utility>

#include "kindred/core/file.h"
#include "kindred/data/folder_scan.h"
#include "kindred/data/kinds.h"
#include "kindred/data/picture_dataset.h"
#include "kindred/data/sample_id.h"

namespace kindred {
namespace {

class FolderSource final : public PictureSource {
 public:
  FolderSource(std::filesystem::path folder, std::vector<ScannedFile> files)
      : folder_(std::move(folder)), files_(std::move(files)) {}
  int64_t size() const override { return static_cast<int64_t>(files_.size()); }
  std::string_view bytes(int64_t item, int64_t, std::string& buffer) const override {
    read_file(folder_ / file(item).path, buffer);
    return buffer;
  }
  std::string name(int64_t item, int64_t) const override { return (folder_ / file(item).path).string(); }
  uint64_t id(int64_t item) const override { return text_id(file(item).path); }
  int64_t label(int64_t item) const override { return file(item).label; }
  std::string source(int64_t item) const override { return file(item).path; }

 private:
  const ScannedFile& file(int64_t item) const { return files_[static_cast<size_t>(item)]; }
  std::filesystem::path folder_;
  std::vector<ScannedFile> files_;
};

}  // namespace

DatasetPtr open_images(const DataSpec& spec) {
  check_keys(spec, {"labels", "min_side", "on_error"});
  const bool labels = key_choice(spec, "labels", {"folders", "none"}) == "folders";
  FolderScan scan = scan_folder(spec.path, labels);
  PictureOptions options = key_picture_options(spec);
  options.info.class_names = std::move(scan.class_names);
  options.info.labelled = !options.info.class_names.empty();
  return picture_dataset(std::make_unique<FolderSource>(spec.path, std::move(scan.files)), std::move(options));
}

}  // namespace kindred
