// SPDX-License-Identifier: Apache-2.0
// Samples as pictures inside the page: PNG data URIs, large images made small, and one sheet of tiles for the map.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/data/dataset.h"

namespace kindred::report {

std::string base64(std::string_view bytes);

// The image itself where its longer side is at most max_side, else shrunk to that (antialiased).
Image thumbnail(const Image& image, int64_t max_side);

struct Picture {
  std::string uri;  // data:image/png;base64,...
  int64_t width = 0, height = 0;
};
Picture picture(const Image& image);

// Square tiles of the samples at these indices, row by row, each picture centred in its tile.
struct Sheet {
  std::string uri;   // empty: the samples are no images
  int64_t tile = 0;  // side of a tile, pixels
  int64_t per_row = 0;
};
// The tiles are as large as the first picture, at most 32 pixels, and smaller where the sheet would pass 3 MB of
// pixels.
Sheet sheet(const Dataset& dataset, const std::vector<int64_t>& indices);

}  // namespace kindred::report
