// SPDX-License-Identifier: Apache-2.0
// Writes a toy data set, stripes across (class 0) and stripes down (class 1) with noise, as an IDX pair:
// stripes FOLDER COUNT makes FOLDER/images.idx and FOLDER/labels.idx.
#include <filesystem>
#include <iostream>
#include <string>

#include "kindred/core/file.h"
#include "kindred/core/rng.h"

namespace {

constexpr int kSide = 16;

// IDX: two zero bytes, type 8 (unsigned byte), the number of dimensions, each as a big-endian 32-bit number, the bytes.
std::string idx_header(std::initializer_list<uint32_t> shape) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const uint32_t size : shape)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xff);
  return bytes;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) return std::cerr << "usage: stripes FOLDER COUNT\n", 2;
  const std::filesystem::path folder = argv[1];
  const auto count = static_cast<uint32_t>(std::stoul(argv[2]));
  std::string images = idx_header({count, kSide, kSide}), labels = idx_header({count});
  for (uint32_t i = 0; i < count; ++i) {
    kindred::CounterRng rng(0, kindred::RngOp::kTest, i);
    const uint64_t label = rng.below(2), phase = rng.below(4);
    labels += static_cast<char>(label);
    for (uint64_t y = 0; y < kSide; ++y)
      for (uint64_t x = 0; x < kSide; ++x)
        images += static_cast<char>((((label ? x : y) + phase) / 2 % 2 ? 160 : 40) + rng.below(60));
  }
  kindred::make_folder(folder);
  kindred::write_file(folder / "images.idx", images);
  kindred::write_file(folder / "labels.idx", labels);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 2;
}
