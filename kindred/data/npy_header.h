// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kindred {

struct NpyHeader {
  std::string descr;  // "<f4"
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

// Parses the dict {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }. offset: where text starts in the file.
// Throws Corruption; InvalidArgument where descr is a list (records).
NpyHeader parse_npy_header(std::string_view text, const std::string& file, int64_t offset);

}  // namespace kindred
