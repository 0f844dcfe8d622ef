// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli): x^32 + x^28 + x^27 + ... + 1, reflected 0x82F63B78. Source: RFC 3720, appendix B.4.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kindred {

// The checksum of bytes appended to those that gave `before` (0 = none).
uint32_t crc32c(const void* data, size_t bytes, uint32_t before = 0);

}  // namespace kindred
