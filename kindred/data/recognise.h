// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace kindred {

// The kind of data an existing path holds, by names for a folder and by content for a file (tables: by ending): "images",
// "cifar", "npy", "idx", "tar", "csv", "tsv", "jsonl"; empty where it is none of them.
std::string recognise(const std::filesystem::path& path);

}  // namespace kindred
