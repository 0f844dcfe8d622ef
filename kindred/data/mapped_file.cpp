// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "kindred/core/error.h"
#include "kindred/core/file.h"

namespace kindred {

MappedFile::MappedFile(const std::filesystem::path& path) : name_(path.string()) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw IoError(name_, "cannot open: " + errno_text(errno));
  struct stat info {};
  const bool plain = ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
  void* address = MAP_FAILED;
  if (plain) address = ::mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (address != MAP_FAILED) {
    data_ = static_cast<const uint8_t*>(address);
    size_ = info.st_size;
    mapped_ = true;
    return;
  }
  copy_ = read_file(path);
  data_ = reinterpret_cast<const uint8_t*>(copy_.data());
  size_ = static_cast<int64_t>(copy_.size());
}

MappedFile::~MappedFile() {
  if (mapped_) ::munmap(const_cast<uint8_t*>(data_), static_cast<size_t>(size_));
}

}  // namespace kindred
