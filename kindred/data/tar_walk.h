// SPDX-License-Identifier: Apache-2.0
// The members of a tar archive, header by header; contents are passed over.
//
// Source: POSIX.1-2001 pax interchange format (ustar headers, extended headers "path" and "size") and the GNU tar manual
// (long names, sizes above 8 GiB as binary). Links, folders and devices are members without a file.
// Departs: an archive that ends without a block of zeros is an error (half-written), where tar itself keeps quiet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kindred/data/random_file.h"

namespace kindred {

struct TarMember {
  std::string name;
  bool file = false;   // a regular one
  int64_t header = 0;  // offset of the first header block that belongs to it
  int64_t data = 0;    // offset of its content
  int64_t size = 0;    // bytes of its content
  int64_t next = 0;    // offset of the next member's header
};

// Thread-compatible.
class TarWalk {
 public:
  // REQUIRES: the archive outlives the walk.
  explicit TarWalk(const RandomFile& archive);
  // The member whose header is at this offset; nothing at the end mark. Throws Corruption with file and offset: a checksum
  // that is wrong, a size that the archive cannot hold, an end that comes early, a compressed archive.
  std::optional<TarMember> member(int64_t offset);
  // n bytes at offset; valid until the next call. What lies near the last header costs no system call: where members are
  // small, many are read at once.
  std::string_view bytes(int64_t offset, int64_t n);

 private:
  [[noreturn]] void fail(int64_t offset, const std::string& what) const;
  std::string_view block_at(int64_t offset);
  void check_block(std::string_view block, int64_t offset) const;
  void check_size(TarMember& member, int64_t offset) const;
  void read_extension(char type, const TarMember& member, int64_t offset);

  const RandomFile& archive_;
  std::string window_;  // bytes of the archive from window_at_ on
  int64_t window_at_ = 0;
  int64_t window_size_;    // of the next read
  std::string long_name_;  // from extension headers, for the member that follows
  int64_t pax_size_ = -1;
};

}  // namespace kindred
