// SPDX-License-Identifier: Apache-2.0
#include "kindred/core/error.h"

#include <cstring>

namespace kindred {

Corruption::Corruption(const std::string& path, int64_t offset, const std::string& what)
    : Error(offset < 0 ? path + ": " + what : concat(path, ": offset ", offset, ": ", what)) {}

std::string errno_text(int error_number) { return std::strerror(error_number); }

int64_t checked_product(int64_t a, int64_t b, const std::string& path, int64_t offset) {
  int64_t product = 0;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product))
    throw Corruption(path, offset, concat("expected a size that fits 63 bits, got ", a, " times ", b));
  return product;
}

}  // namespace kindred
