// SPDX-License-Identifier: Apache-2.0
// The decoded pictures of a data set in one file: docs/formats/picture_cache.md.
#pragma once

#include <filesystem>

#include "kindred/data/dataset.h"

namespace kindred {

// base with its pictures read from the file at path, which is made first where it does not exist: every picture is then
// decoded once, and the file appears complete or not at all. Labels, groups and the rest come from base.
// Throws InvalidArgument (vectors; a cache of other samples), IoError, Corruption.
DatasetPtr file_cached(DatasetPtr base, const std::filesystem::path& path);

}  // namespace kindred
