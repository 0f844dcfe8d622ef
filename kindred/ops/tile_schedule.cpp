// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/tile_schedule.h"

#include <algorithm>

namespace kindred {

Tiling even_tiling(int64_t n, int64_t largest, int64_t unit) {
  const int64_t count = (n + largest - 1) / largest, rows = (n + count - 1) / count;
  return {.n = n, .rows = (rows + unit - 1) / unit * unit};
}

int64_t self_rounds(int64_t tiles) { return tiles + (tiles % 2); }  // the diagonal, and an even number's n - 1 rounds

std::vector<TilePair> self_round(int64_t tiles, int64_t round) {
  std::vector<TilePair> pairs;
  if (round == 0) {
    for (int64_t t = 0; t < tiles; ++t) pairs.push_back({t, t});
    return pairs;
  }
  const int64_t teams = tiles + tiles % 2, circle = teams - 1, r = round - 1;  // an odd number: one team rests
  const auto add = [&](int64_t a, int64_t b) {
    if (a < tiles && b < tiles) pairs.push_back({std::min(a, b), std::max(a, b)});
  };
  add(circle, r);
  for (int64_t k = 1; k < teams / 2; ++k) add((r + k) % circle, (r - k + circle) % circle);
  return pairs;
}

int64_t cross_rounds(int64_t row_tiles, int64_t column_tiles) { return std::max(row_tiles, column_tiles); }

std::vector<TilePair> cross_round(int64_t row_tiles, int64_t column_tiles, int64_t round) {
  std::vector<TilePair> pairs;
  const int64_t rounds = cross_rounds(row_tiles, column_tiles);
  for (int64_t i = 0; i < row_tiles; ++i) {
    const int64_t j = (i + round) % rounds;
    if (j < column_tiles) pairs.push_back({i, j});
  }
  return pairs;
}

}  // namespace kindred
