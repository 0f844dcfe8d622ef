// SPDX-License-Identifier: Apache-2.0
#include "tests/data/fixtures.h"

#include <zlib.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace kindred::test {

void put(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("missing " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16;
  deflateInit2(&stream, 9, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string be32(int64_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
  return out;
}

std::string idx_file(uint8_t type, std::initializer_list<int64_t> shape, std::string_view body) {
  std::string out{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  for (const int64_t side : shape) out += be32(side);
  return out.append(body);
}

std::string counting(size_t n) {
  std::string out(n, '\0');
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<char>(i % 251);
  return out;
}

std::string tar_member_bytes(const std::string& name, const std::string& content) {
  char header[512] = {};
  std::snprintf(header, 100, "%s", name.c_str());
  std::snprintf(header + 100, 8, "%07o", 0644);
  std::snprintf(header + 108, 8, "%07o", 0);
  std::snprintf(header + 116, 8, "%07o", 0);
  std::snprintf(header + 124, 12, "%011zo", content.size());
  std::snprintf(header + 136, 12, "%011o", 0);
  std::memset(header + 148, ' ', 8);
  header[156] = '0';
  std::memcpy(header + 257, "ustar\00000", 8);
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(header + 148, 8, "%06o", sum);
  return std::string(header, sizeof header) + content + std::string((512 - content.size() % 512) % 512, '\0');
}

std::string tar_file(const TarFiles& files) {
  std::string out;
  for (const auto& [name, content] : files) out += tar_member_bytes(name, content);
  return out + std::string(1024, '\0');
}

Image read_pnm(const std::filesystem::path& path) {
  std::istringstream in(slurp(path));
  std::string magic;
  int64_t top = 0;
  Image image;
  in >> magic >> image.width >> image.height >> top;
  in.get();
  image.channels = magic == "P6" ? 3 : 1;
  image.pixels.assign(std::istreambuf_iterator<char>(in), {});
  return image;
}

Image ramp(int64_t height, int64_t width, int64_t channels, int seed) {
  Image image{.height = height, .width = width, .channels = channels, .pixels = {}};
  image.pixels.resize(static_cast<size_t>(height * width * channels));
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(7 * i + static_cast<size_t>(seed));
  return image;
}

Sample sample_at(const Dataset& dataset, int64_t index) {
  Sample sample;
  dataset.get(index, sample);
  return sample;
}

std::vector<uint64_t> ids_of(const Dataset& dataset) {
  std::vector<uint64_t> ids;
  for (int64_t i = 0; i < dataset.size(); ++i) ids.push_back(dataset.id(i));
  return ids;
}

}  // namespace kindred::test
