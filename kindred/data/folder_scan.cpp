// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/folder_scan.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string_view>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/data/image_file.h"

namespace kindred {
namespace {

namespace fs = std::filesystem;

// Picture formats by ending. Those that cannot be decoded are here too: passing over them in silence would be worse.
constexpr std::array<std::string_view, 11> kEndings = {".jpg", ".jpeg", ".jpe",  ".jfif", ".png", ".gif",
                                                       ".bmp", ".webp", ".tiff", ".tif",  ".avif"};

// Files without an ending (stores that name by hash, README, LICENSE) count where they begin as a picture does.
bool begins_like_picture(const fs::path& path) {
  char head[12] = {};
  std::ifstream(path, std::ios::binary).read(head, sizeof head);
  return image_format({head, sizeof head}) != ImageFormat::kNone;
}

bool looks_like_picture(const fs::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending.empty() ? begins_like_picture(path) : std::ranges::find(kEndings, ending) != kEndings.end();
}

// Links to nowhere count, so that reading them is an error and not a silent gap; pipes and devices do not.
bool is_picture(const fs::directory_entry& entry) {
  return (entry.is_regular_file() || (entry.is_symlink() && !entry.exists())) && looks_like_picture(entry.path());
}

bool hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// Pictures at any depth below folder / prefix.
void collect_below(const fs::path& folder, const std::string& prefix, int64_t label, std::vector<ScannedFile>& files) {
  for (fs::recursive_directory_iterator at(folder / prefix), end; at != end; ++at) {
    if (hidden(at->path())) {
      if (at->is_directory()) at.disable_recursion_pending();
    } else if (is_picture(*at)) {
      files.push_back({.path = at->path().lexically_relative(folder).generic_string(), .label = label});
    }
  }
}

FolderScan scan(const fs::path& folder, bool labels) {
  FolderScan result;
  if (!labels) {
    collect_below(folder, "", kNoLabel, result.files);
    return result;
  }
  std::vector<ScannedFile> flat;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (hidden(entry.path())) continue;
    if (entry.is_directory()) result.class_names.push_back(name);
    else if (is_picture(entry)) flat.push_back({.path = name});
  }
  std::ranges::sort(result.class_names);
  for (size_t i = 0; i < result.class_names.size(); ++i)
    collect_below(folder, result.class_names[i], static_cast<int64_t>(i), result.files);
  check(flat.empty() || result.files.empty(), "images: expected pictures either in ", folder.string(),
        " or in class folders below it, got both (", flat.empty() ? "" : flat.front().path, " and ",
        result.files.empty() ? "" : result.files.front().path, "); labels=none takes all without labels");
  if (!flat.empty()) result = {.files = std::move(flat), .class_names = {}};
  return result;
}

}  // namespace

FolderScan scan_folder(const fs::path& folder, bool labels) {
  if (!fs::exists(folder)) throw IoError(folder.string(), "no such folder");
  if (!fs::is_directory(folder)) throw IoError(folder.string(), "expected a folder of pictures, got a file");
  FolderScan result;
  try {
    result = scan(folder, labels);
  } catch (const fs::filesystem_error& error) {
    throw IoError(error.path1().empty() ? folder.string() : error.path1().string(),
                  "cannot read: " + error.code().message());
  }
  check(!result.files.empty(), "images: expected JPEG, PNG or WebP files in ", folder.string(),
        " or its sub-folders, found none");
  std::ranges::sort(result.files, {}, &ScannedFile::path);
  return result;
}

}  // namespace kindred
