// SPDX-License-Identifier: Apache-2.0
// Proves: rounding, signs (a true minus, none on a zero), absent values, and lists in words.
#include "kindred/report/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kindred::report {
namespace {

const double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Numbers, Percent) {
  EXPECT_EQ(percent(0.8654), "86.5\u00a0%");
  EXPECT_EQ(percent(1), "100.0\u00a0%");
  EXPECT_EQ(percent(kNaN), "\u2013");
  EXPECT_EQ(percent_interval(0.8581, 0.8719), "85.8 to 87.2");
}

TEST(Numbers, Points) {
  EXPECT_EQ(points(0.0231), "+2.3");
  EXPECT_EQ(points(-0.0231), "\u22122.3");
  EXPECT_EQ(points(0), "0.0");
  EXPECT_EQ(points(0.0004), "+0.04");
  EXPECT_EQ(points(-0.0004), "\u22120.04");
  EXPECT_EQ(points(-0.00001), "0.00");
  EXPECT_EQ(points_interval(-0.004, 0.0102), "\u22120.4 to +1.0");
  EXPECT_EQ(points(std::numeric_limits<double>::infinity()), "\u2013");
}

TEST(Numbers, Fixed) {
  EXPECT_EQ(fixed(0.934, 2), "0.93");
  EXPECT_EQ(fixed(-0.001, 2), "0.00");
  EXPECT_EQ(fixed(-1.5, 1), "\u22121.5");
  EXPECT_EQ(fixed(-std::numeric_limits<double>::max(), 2).substr(0, 6), "\u2212179");
}

TEST(Numbers, Figure) {
  EXPECT_EQ(figure(3.02149), "3.021");
  EXPECT_EQ(figure(140000), "140000");
  EXPECT_EQ(figure(-0.00006149), "\u22126.149e-05");
  EXPECT_EQ(figure(0), "0");
  EXPECT_EQ(figure(1e300), "1e+300");
  EXPECT_EQ(figure(kNaN), "\u2013");
}

TEST(Numbers, Rounded) {
  EXPECT_EQ(rounded(1.23456, 3), 1.23);
  EXPECT_EQ(rounded(-98765, 2), -99000);
  EXPECT_EQ(rounded(0, 3), 0);
  EXPECT_TRUE(std::isnan(rounded(kNaN, 3)));
}

TEST(Numbers, Enumeration) {
  EXPECT_EQ(enumeration({}), "");
  EXPECT_EQ(enumeration({"a"}), "a");
  EXPECT_EQ(enumeration({"a", "b"}), "a and b");
  EXPECT_EQ(enumeration({"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(enumeration({"a", "b, c"}), "a; b, c");
}

}  // namespace
}  // namespace kindred::report
