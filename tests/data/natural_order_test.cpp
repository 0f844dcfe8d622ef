// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/natural_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace kindred::test {
namespace {

TEST(NaturalOrder, NumbersByValueTheRestByBytes) {
  const std::vector<std::string> sorted = {"",
                                           "1",
                                           "2",
                                           "10",
                                           "a",
                                           "a01",
                                           "a1",
                                           "a1b",
                                           "a2",
                                           "a9",
                                           "a10",
                                           "a10.5",
                                           "a10a",
                                           "b",
                                           "b0",
                                           "b00000000000000000001",
                                           "b99999999999999999999998",
                                           "b99999999999999999999999",
                                           "\xC3\xA9"};
  std::vector<std::string> shuffled = sorted;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(1));
  std::ranges::sort(shuffled, natural_less);
  EXPECT_EQ(shuffled, sorted);
}

TEST(NaturalOrder, IsAStrictTotalOrder) {
  std::vector<std::string> names;
  for (const char* a : {"", "0", "00", "1", "01", "x", "x0", "x00", "0x", "00x"})
    for (const char* b : {"", "1", "y", "001"}) names.push_back(std::string(a) + b);
  for (const auto& a : names)
    for (const auto& b : names) {
      EXPECT_EQ(natural_less(a, b) + natural_less(b, a), a == b ? 0 : 1) << a << " " << b;
      for (const auto& c : names)
        EXPECT_FALSE(natural_less(a, b) && natural_less(b, c) && !natural_less(a, c)) << a << " " << b << " " << c;
    }
}

}  // namespace
}  // namespace kindred::test
