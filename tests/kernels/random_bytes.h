// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace kindred::test {

// count bytes of a linear congruential generator; seed chooses the sequence.
inline std::vector<uint8_t> random_bytes(int64_t count, uint32_t seed) {
  std::vector<uint8_t> bytes(static_cast<size_t>(count));
  uint32_t state = seed * 2654435761u + 12345u;
  for (auto& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return bytes;
}

}  // namespace kindred::test
