// SPDX-License-Identifier: Apache-2.0
// What the tests of data/ write and read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/data/dataset.h"
#include "kindred/data/sample.h"

namespace kindred::test {

void put(const std::filesystem::path& path, std::string_view bytes);
std::string slurp(const std::filesystem::path& path);
std::string gzip(std::string_view bytes);

// A big-endian int32.
std::string be32(int64_t value);
// An IDX file: magic of the type, sizes, then the body as it is.
std::string idx_file(uint8_t type, std::initializer_list<int64_t> shape, std::string_view body);
// n bytes counting from 0, modulo 251.
std::string counting(size_t n);
// A tar archive (ustar) of these files, with its end mark.
using TarFiles = std::vector<std::pair<std::string, std::string>>;
std::string tar_member_bytes(const std::string& name, const std::string& content);
std::string tar_file(const TarFiles& files);

// The picture of a binary .pgm or .ppm.
Image read_pnm(const std::filesystem::path& path);
// One that any test can make: byte i is (7 i + seed) mod 256.
Image ramp(int64_t height, int64_t width, int64_t channels, int seed = 0);

Sample sample_at(const Dataset& dataset, int64_t index);
std::vector<uint64_t> ids_of(const Dataset& dataset);

// The message of the Expected that work throws; anything else fails the test.
template <class Expected, class Work>
std::string message_of(Work work) {
  try {
    work();
  } catch (const Expected& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return "no exception";
}

}  // namespace kindred::test
