// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/sample_id.h"

#include "kindred/core/rng.h"

namespace kindred {

uint64_t text_id(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return mix64(hash);
}

int64_t text_group(std::string_view text) { return static_cast<int64_t>(text_id(text) >> 1); }

}  // namespace kindred
