// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kindred/eval/result.h"

namespace kindred::cli {

// Rows [N, D] from one .npy and labels [N] from another (may be empty: unlabelled); ids are the positions.
Embeddings npy_embeddings(const std::string& rows, const std::string& labels);

}  // namespace kindred::cli
