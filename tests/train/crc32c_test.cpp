// SPDX-License-Identifier: Apache-2.0
// Known answers: the check value of CRC-32C and the vectors of RFC 3720, appendix B.4. All lengths and offsets against a
// bit-by-bit division.
#include "kindred/train/crc32c.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kindred {
namespace {

uint32_t bit_by_bit(const uint8_t* data, size_t bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = 0; i < bytes; ++i)
    for (int bit = 0; bit < 8; ++bit) {
      const uint32_t out = (crc ^ (uint32_t{data[i]} >> bit)) & 1;
      crc = (crc >> 1) ^ (out != 0 ? 0x82F63B78u : 0);
    }
  return ~crc;
}

TEST(Crc32c, KnownAnswers) {
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283u);
  EXPECT_EQ(crc32c("", 0), 0u);
  EXPECT_EQ(crc32c(std::string(32, '\0').data(), 32), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF').data(), 32), 0x62A8AB43u);
  std::string rising;
  for (int i = 0; i < 32; ++i) rising += static_cast<char>(i);
  EXPECT_EQ(crc32c(rising.data(), 32), 0x46DD794Eu);
}

TEST(Crc32c, EveryLengthAndOffsetAsBitByBit) {
  std::vector<uint8_t> bytes;
  for (uint32_t i = 0; i < 80; ++i) bytes.push_back(static_cast<uint8_t>(i * 37 + 11));
  for (size_t offset = 0; offset < 9; ++offset)
    for (size_t length = 0; offset + length <= bytes.size(); ++length)
      ASSERT_EQ(crc32c(bytes.data() + offset, length), bit_by_bit(bytes.data() + offset, length))
          << offset << " " << length;
}

TEST(Crc32c, GoesOnWhereItStopped) {
  const std::string text = "one checksum over pieces";
  for (size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(crc32c(text.data() + cut, text.size() - cut, crc32c(text.data(), cut)), crc32c(text.data(), text.size()));
}

}  // namespace
}  // namespace kindred
