// SPDX-License-Identifier: Apache-2.0
#include "kindred/core/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "kindred/core/error.h"

namespace kindred {
namespace {

// write(2) until all is written or errno says why not.
bool write_all(int descriptor, const char* data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor, data, bytes);
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    data += written;
    bytes -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::string bytes;
  read_file(path, bytes);
  return bytes;
}

void read_file(const std::filesystem::path& path, std::string& bytes) {
  constexpr size_t kPiece = 1 << 16;  // where the system does not know the size (pipes, /proc)
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw IoError(path.string(), "cannot open: " + errno_text(errno));
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || S_ISDIR(info.st_mode)) {
    ::close(descriptor);
    throw IoError(path.string(), "expected a file, got a folder");
  }
  size_t done = 0;
  bytes.resize(static_cast<size_t>(info.st_size) + 1);  // one more, so that the end shows itself
  for (;;) {
    if (done == bytes.size()) bytes.resize(done + kPiece);
    const ssize_t got = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error_number = errno;
      ::close(descriptor);
      throw IoError(path.string(), "cannot read: " + errno_text(error_number));
    }
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  ::close(descriptor);
  bytes.resize(done);
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  static std::atomic<uint64_t> serial{0};
  temporary_ = path_;
  temporary_ += concat(".tmp-", ::getpid(), "-", serial++);
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw IoError(path_.string(), "cannot create: " + errno_text(errno));
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what, int error_number) {
  throw IoError(path_.string(), std::string(what) + ": " + errno_text(error_number));
}

void AtomicFile::write(const void* data, size_t bytes) {
  if (!write_all(descriptor_, static_cast<const char*>(data), bytes)) fail("cannot write", errno);
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("cannot write", errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot replace", errno);
  ::close(std::exchange(descriptor_, -1));
  // The rename itself must survive a power cut: sync the folder (best effort, some file systems refuse).
  const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
  if (const int folder_descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      folder_descriptor >= 0) {
    ::fsync(folder_descriptor);
    ::close(folder_descriptor);
  }
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

LineFile::LineFile(std::filesystem::path path, int64_t keep_bytes) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw IoError(path_.string(), "cannot open for appending: " + errno_text(errno));
  if (keep_bytes >= 0 && ::lseek(descriptor_, 0, SEEK_END) > keep_bytes && ::ftruncate(descriptor_, keep_bytes) != 0) {
    const int error_number = errno;
    ::close(descriptor_);
    throw IoError(path_.string(), "cannot shorten: " + errno_text(error_number));
  }
  size_ = ::lseek(descriptor_, 0, SEEK_END);
}

LineFile::~LineFile() { ::close(descriptor_); }

void LineFile::append(std::string_view line) {
  const std::string whole = std::string(line) + "\n";
  if (!write_all(descriptor_, whole.data(), whole.size())) {
    const int error_number = errno;
    if (::ftruncate(descriptor_, size_) == 0) ::lseek(descriptor_, size_, SEEK_SET);
    throw IoError(path_.string(), "cannot append: " + errno_text(error_number));
  }
  size_ += static_cast<int64_t>(whole.size());
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw IoError(path.string(), "cannot make folder: " + error.message());
  if (!std::filesystem::is_directory(path)) throw IoError(path.string(), "expected a folder, got a file");
}

}  // namespace kindred
