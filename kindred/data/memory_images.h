// SPDX-License-Identifier: Apache-2.0
// Images of one size held in memory as bytes: what IDX and CIFAR files become.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kindred/data/dataset.h"

namespace kindred {

struct MemoryImages {
  // A run of samples that came from one file, for Dataset::source().
  struct Part {
    std::string file;
    int64_t first = 0;
  };
  DatasetInfo info;             // channels, height and width are set
  std::vector<uint8_t> pixels;  // [N, H, W, C]
  std::vector<int64_t> labels;  // [N], or empty
  std::vector<Part> parts;      // by rising `first`, which starts at 0
};

// The id of a sample is its position in the files as stored. REQUIRES whole images, and as many labels or none.
DatasetPtr memory_dataset(MemoryImages images);

}  // namespace kindred
