// SPDX-License-Identifier: Apache-2.0
// The members of a tar archive in memory, header by header; contents are passed over.
//
// Source: POSIX.1-2001 pax interchange format (ustar headers, extended headers "path" and "size") and the GNU tar manual
// (long names, sizes above 8 GiB as binary). Links, folders and devices are members without a file.
// Departs: an archive that ends without a block of zeros is an error (half-written), where tar itself keeps quiet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kindred/data/mapped_file.h"

namespace kindred {

struct TarMember {
  std::string name;
  bool file = false;   // a regular one
  int64_t header = 0;  // offset of the first header block that belongs to it
  int64_t data = 0;    // offset of its content
  int64_t size = 0;    // bytes of its content
  int64_t next = 0;    // offset of the next member's header
};

// The member whose header is at this offset; nothing at the end mark. Throws Corruption with file and offset: a checksum
// that is wrong, a size that the archive cannot hold, an end that comes early, a compressed archive.
std::optional<TarMember> tar_member(const MappedFile& archive, int64_t offset);

}  // namespace kindred
