// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace kindred {

// The kind of data an existing path holds, by names for a folder and by content for a file: "images", "cifar", "npy",
// "idx"; empty where it is none of them.
std::string recognise(const std::filesystem::path& path);

}  // namespace kindred
