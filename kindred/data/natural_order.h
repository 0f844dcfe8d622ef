// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace kindred {

// Whether a comes before b when runs of digits count as numbers: "f9.png" before "f10.png". The rest goes by bytes, and
// so do numbers of one value ("f01" before "f1"), so that the order is total and the same everywhere.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace kindred
