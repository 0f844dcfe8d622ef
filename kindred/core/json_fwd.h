// SPDX-License-Identifier: Apache-2.0
// JSON by name only; include <nlohmann/json.hpp> in the .cpp that reads or writes it.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace kindred {
using Json = nlohmann::ordered_json;  // keys keep the order they were written in
}  // namespace kindred
