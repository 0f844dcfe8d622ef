// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/random_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "kindred/core/error.h"

namespace kindred {

RandomFile::RandomFile(const std::filesystem::path& path) : name_(path.string()) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw IoError(name_, "cannot open: " + errno_text(errno));
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor_);
    throw IoError(name_, "expected a plain file, got a folder, pipe or device");
  }
  size_ = info.st_size;
}

RandomFile::~RandomFile() { ::close(descriptor_); }

void RandomFile::read(int64_t offset, void* out, int64_t n) const {
  constexpr int64_t kCallLimit = int64_t{1} << 30;
  for (int64_t done = 0; done < n;) {
    const auto want = static_cast<size_t>(std::min(n - done, kCallLimit));
    const ssize_t got = ::pread(descriptor_, static_cast<char*>(out) + done, want, offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError(name_, "cannot read: " + errno_text(errno));
    if (got == 0)
      throw Corruption(name_, offset + done, concat("expected ", n - done, " more bytes, got the end of the file"));
    done += got;
  }
}

}  // namespace kindred
