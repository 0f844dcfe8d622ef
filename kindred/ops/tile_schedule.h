// SPDX-License-Identifier: Apache-2.0
// In which order tiles of pairs are visited: in rounds, no tile of rows twice in a round. The pairs of a round may run on any
// threads, and each row receives its sums in the order of the rounds: results do not depend on the number of threads.
#pragma once

#include <cstdint>
#include <vector>

namespace kindred {

struct TilePair {
  int64_t row, column;
  bool operator==(const TilePair&) const = default;
};

// n rows in tiles of `rows` each, the last one smaller.
struct Tiling {
  int64_t n = 0, rows = 1;
  int64_t count() const { return (n + rows - 1) / rows; }
  int64_t begin(int64_t tile) const { return tile * rows; }
  int64_t size(int64_t tile) const { return tile + 1 < count() ? rows : n - begin(tile); }
};
// Tiles of nearly equal size, at most `largest` rows, a multiple of `unit`. n >= 1, unit divides largest.
Tiling even_tiling(int64_t n, int64_t largest, int64_t unit);

// Every unordered pair of tiles once, over all rounds; round 0 holds each tile with itself. A tournament's rounds: all teams
// but one move around a circle.
int64_t self_rounds(int64_t tiles);
std::vector<TilePair> self_round(int64_t tiles, int64_t round);

// Every (row tile, column tile) once: round r holds (i, (i + r) mod the larger number).
int64_t cross_rounds(int64_t row_tiles, int64_t column_tiles);
std::vector<TilePair> cross_round(int64_t row_tiles, int64_t column_tiles, int64_t round);

}  // namespace kindred
