// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace kindred {

// Samples, seconds, and how many of these seconds passed waiting for data.
struct Speed {
  int64_t samples = 0;
  double seconds = 0;
  double wait = 0;

  double images_per_second() const { return seconds > 0 ? static_cast<double>(samples) / seconds : 0; }
  double wait_share() const { return seconds > 0 ? std::min(1.0, wait / seconds) : 0; }
};
inline Speed operator+(const Speed& a, const Speed& b) {
  return {a.samples + b.samples, a.seconds + b.seconds, a.wait + b.wait};
}

}  // namespace kindred
