// SPDX-License-Identifier: Apache-2.0
// Whether two runs ended with the same bits: what `verify resume` and the tests ask.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kindred {

// One sentence per difference between two complete runs: the bytes of the model file; every tensor of the newest
// checkpoint, weights, buffers and optimiser, bit for bit, and its position; the lines of metrics.jsonl without their
// timing keys. Empty: equal. Throws IoError, Corruption.
std::vector<std::string> run_differences(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace kindred
