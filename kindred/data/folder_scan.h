// SPDX-License-Identifier: Apache-2.0
// The picture files of a folder, in an order and with labels that depend on names only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "kindred/data/sample.h"

namespace kindred {

struct ScannedFile {
  std::string path;  // below the folder, with '/': "cat/7.jpg"
  int64_t label = kNoLabel;
};

struct FolderScan {
  std::vector<ScannedFile> files;        // by bytes of path
  std::vector<std::string> class_names;  // the sub-folders by bytes of name; empty: no labels
};

// Pictures are the files with the ending of a picture format in any case (whether they can be decoded shows when they are
// read) and those without an ending that begin as a JPEG, PNG or WebP does. Others (.txt, .csv, ...) and hidden ones are passed
// over. Links are followed, except to folders inside a class.
// With labels: every sub-folder is a class, with the pictures at any depth below it; pictures directly in the folder mean
// that it is flat and unlabelled. Both at once is an InvalidArgument. Without labels: all pictures at any depth.
// Throws IoError (no such folder, unreadable), InvalidArgument (no pictures).
FolderScan scan_folder(const std::filesystem::path& folder, bool labels);

}  // namespace kindred
