// SPDX-License-Identifier: Apache-2.0
// Every pair of tiles is visited once, and no tile is twice in a round: counted, for all small numbers of tiles.
#include "kindred/ops/tile_schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace kindred {
namespace {

TEST(TileSchedule, SelfRoundsHoldEveryUnorderedPairOnce) {
  for (int64_t tiles = 1; tiles <= 13; ++tiles) {
    std::map<std::pair<int64_t, int64_t>, int> seen;
    for (int64_t r = 0; r < self_rounds(tiles); ++r) {
      std::set<int64_t> busy;
      for (const auto& p : self_round(tiles, r)) {
        ++seen[{p.row, p.column}];
        EXPECT_LE(p.row, p.column);
        EXPECT_TRUE(busy.insert(p.row).second);
        if (p.row != p.column) {
          EXPECT_TRUE(busy.insert(p.column).second);
        }
      }
    }
    EXPECT_EQ(seen.size(), static_cast<size_t>(tiles * (tiles + 1) / 2)) << tiles;
    for (const auto& [pair, times] : seen) EXPECT_EQ(times, 1);
  }
}

TEST(TileSchedule, CrossRoundsHoldEveryPairOnce) {
  for (int64_t rows = 1; rows <= 6; ++rows)
    for (int64_t columns = 1; columns <= 6; ++columns) {
      std::set<std::pair<int64_t, int64_t>> seen;
      for (int64_t r = 0; r < cross_rounds(rows, columns); ++r) {
        std::set<int64_t> busy_rows, busy_columns;
        for (const auto& p : cross_round(rows, columns, r)) {
          EXPECT_TRUE(seen.insert({p.row, p.column}).second);
          EXPECT_TRUE(busy_rows.insert(p.row).second);
          EXPECT_TRUE(busy_columns.insert(p.column).second);
        }
      }
      EXPECT_EQ(seen.size(), static_cast<size_t>(rows * columns));
    }
}

TEST(TileSchedule, TilesAreEvenAndCoverTheRows) {
  for (int64_t n = 1; n < 2000; n += 13) {
    const Tiling t = even_tiling(n, 240, 48);
    int64_t sum = 0;
    for (int64_t i = 0; i < t.count(); ++i) {
      EXPECT_EQ(t.begin(i), sum);
      EXPECT_GT(t.size(i), 0) << n;
      sum += t.size(i);
    }
    EXPECT_EQ(sum, n);
    EXPECT_LE(t.rows, 240);
    EXPECT_EQ(t.rows % 48, 0);
  }
}

}  // namespace
}  // namespace kindred
