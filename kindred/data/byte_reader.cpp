// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/byte_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>

#include "kindred/core/error.h"

namespace kindred {
namespace {

constexpr int64_t kCallLimit = int64_t{1} << 30;   // gzread counts in int
constexpr int64_t kFirstBlock = int64_t{1} << 24;  // what read_block takes on trust

gzFile handle(void* stream) { return static_cast<gzFile>(stream); }

}  // namespace

ByteReader::ByteReader(const std::filesystem::path& path) : name_(path.string()) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw IoError(name_, "cannot open: " + errno_text(errno));
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || S_ISDIR(info.st_mode)) {
    ::close(descriptor);
    throw IoError(name_, "expected a file, got a folder");
  }
  stream_ = ::gzdopen(descriptor, "rb");
  if (stream_ == nullptr) {
    ::close(descriptor);
    throw IoError(name_, "cannot open: out of memory");
  }
  ::gzbuffer(handle(stream_), 1 << 18);
}

ByteReader::~ByteReader() { ::gzclose_r(handle(stream_)); }

int64_t ByteReader::read(void* out, int64_t n) {
  auto* to = static_cast<uint8_t*>(out);
  int64_t total = 0;
  while (total < n) {
    errno = 0;
    const int got = ::gzread(handle(stream_), to + total, static_cast<unsigned>(std::min(n - total, kCallLimit)));
    if (got > 0) {
      total += got;
      offset_ += got;
      continue;
    }
    int code = Z_OK;
    ::gzerror(handle(stream_), &code);
    if (code == Z_ERRNO) throw IoError(name_, "cannot read: " + errno_text(errno));
    if (code == Z_BUF_ERROR)
      throw Corruption(name_, offset_, "expected more of the gzip stream, got the end of the file");
    if (code != Z_OK && code != Z_STREAM_END)
      throw Corruption(name_, offset_, "expected a sound gzip stream, got broken data");
    break;
  }
  return total;
}

void ByteReader::fail_short(int64_t got, int64_t wanted, const std::string& what) {
  throw Corruption(name_, offset_, concat("expected ", wanted, " bytes of ", what, ", got ", got));
}

void ByteReader::read_exactly(void* out, int64_t n, const std::string& what) {
  if (const int64_t got = read(out, n); got != n) fail_short(got, n, what);
}

std::vector<uint8_t> ByteReader::read_block(int64_t n, const std::string& what) {
  std::vector<uint8_t> bytes;
  int64_t have = 0;
  while (have < n) {
    const int64_t step = std::min(n - have, std::max(kFirstBlock, have));
    bytes.resize(static_cast<size_t>(have + step));
    const int64_t got = read(bytes.data() + have, step);
    have += got;
    if (got != step) fail_short(have, n, what);
  }
  return bytes;
}

void ByteReader::expect_end() {
  uint8_t extra = 0;
  const int64_t at = offset_;
  if (read(&extra, 1) != 0) throw Corruption(name_, at, "expected the end of the file, got more bytes");
}

}  // namespace kindred
