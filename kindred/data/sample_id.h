// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace kindred {

// The id of a sample that has a name (a path, a key): FNV-1a over the bytes, then mixed. Part of what makes ids stable,
// never to change.
uint64_t text_id(std::string_view text);

// The group that a name stands for: the same 63 bits for the same name, so never kNoGroup.
int64_t text_group(std::string_view text);

}  // namespace kindred
