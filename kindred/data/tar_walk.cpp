// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/tar_walk.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "kindred/core/error.h"

namespace kindred {
namespace {

constexpr int64_t kTarBlock = 512;
// Read at once: a header, a small file behind it, the next header; up to so many where one read comes close to the last.
constexpr int64_t kWindow = 2048, kMostWindow = 1 << 18;
constexpr int64_t kMostExtension = 1 << 20;  // bytes of a name or of extended records: more is an attack or damage

// Fields of a header block: offset and length.
struct TarField {
  size_t at, size;
};
constexpr TarField kName{0, 100}, kSize{124, 12}, kChecksum{148, 8}, kMagic{257, 6}, kPrefix{345, 155};
constexpr size_t kType = 156;

std::string_view field_of(std::string_view block, TarField field) { return block.substr(field.at, field.size); }

std::string_view until_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

// Octal digits between spaces and zero bytes, or big-endian binary behind 0x80. Negative: neither.
int64_t tar_number(std::string_view text) {
  if (static_cast<unsigned char>(text[0]) == 0x80) {
    int64_t value = 0;
    for (const char c : text.substr(1)) {
      if (value > INT64_MAX >> 8) return -1;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  text = text.substr(0, text.find_first_of(std::string_view(" \0", 2)));
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  return text.empty() || (error == std::errc() && end == text.data() + text.size()) ? value : -1;
}

// 8 bytes at once in four sums of 16 bits, of which 512 bytes fill none.
int64_t sum_of_bytes(std::string_view block) {
  constexpr uint64_t kEven = 0x00FF00FF00FF00FF;
  uint64_t sums = 0;
  for (size_t i = 0; i + 8 <= block.size(); i += 8) {
    uint64_t eight = 0;
    std::memcpy(&eight, block.data() + i, 8);
    sums += (eight & kEven) + (eight >> 8 & kEven);
  }
  return static_cast<int64_t>((sums & 0xFFFF) + (sums >> 16 & 0xFFFF) + (sums >> 32 & 0xFFFF) + (sums >> 48));
}

// The sum of a header's bytes with the checksum's own as spaces; old archives added them up as signed numbers.
bool checksum_fits(std::string_view block) {
  const int64_t stored = tar_number(field_of(block, kChecksum));
  int64_t plain = sum_of_bytes(block), high = 0;  // high: bytes that are negative as signed ones
  for (const char c : field_of(block, kChecksum)) plain += ' ' - static_cast<unsigned char>(c);
  if (stored == plain) return true;
  for (size_t i = 0; i < block.size(); ++i)
    if (i < kChecksum.at || i >= kChecksum.at + kChecksum.size) high += static_cast<unsigned char>(block[i]) >> 7;
  return stored == plain - 256 * high;
}

std::string member_name(std::string_view block) {
  const std::string_view prefix = until_zero(field_of(block, kPrefix));
  // GNU headers ("ustar  ") have times where POSIX has the prefix.
  const bool posix = field_of(block, kMagic) == std::string_view("ustar\0", 6);
  std::string name(posix ? prefix : std::string_view());
  if (!name.empty()) name += '/';
  return name.append(until_zero(field_of(block, kName)));
}

}  // namespace

TarWalk::TarWalk(const RandomFile& archive) : archive_(archive), window_size_(kWindow) {}

void TarWalk::fail(int64_t offset, const std::string& what) const { throw Corruption(archive_.name(), offset, what); }

std::string_view TarWalk::bytes(int64_t offset, int64_t n) {
  const bool inside = offset >= window_at_ && offset + n <= window_at_ + static_cast<int64_t>(window_.size());
  if (!inside) {
    const int64_t end = window_at_ + static_cast<int64_t>(window_.size());
    const bool close = offset >= window_at_ && offset <= end + kWindow;
    window_size_ = close ? std::min(2 * window_size_, kMostWindow) : kWindow;
    window_.resize(static_cast<size_t>(std::max(n, std::min(window_size_, archive_.size() - offset))));
    window_at_ = offset;
    archive_.read(offset, window_.data(), static_cast<int64_t>(window_.size()));
  }
  return std::string_view(window_).substr(static_cast<size_t>(offset - window_at_), static_cast<size_t>(n));
}

std::optional<TarMember> TarWalk::member(int64_t offset) {
  TarMember member{.name = {}, .header = offset};
  long_name_.clear();
  pax_size_ = -1;
  for (;;) {
    const std::string_view block = block_at(offset);
    if (block.find_first_not_of('\0') == std::string_view::npos) {
      if (offset != member.header) fail(offset, "expected a tar header after an extended one, got the end mark");
      return {};
    }
    check_block(block, offset);
    const char type = block[kType];
    const bool for_next = type == 'L' || type == 'K' || type == 'x' || type == 'g';
    member.data = offset + kTarBlock;
    member.size = tar_number(field_of(block, kSize));
    if (!for_next && pax_size_ >= 0) member.size = pax_size_;
    if (type >= '1' && type <= '6') member.size = 0;  // links, devices, folders have no content, whatever it says
    check_size(member, offset);
    if (!for_next) {
      member.name = long_name_.empty() ? member_name(block) : long_name_;
      member.file = (type == '0' || type == '\0' || type == '7') && !member.name.ends_with('/');
      return member;
    }
    read_extension(type, member, offset);
    offset = member.next;
  }
}

std::string_view TarWalk::block_at(int64_t offset) {
  const int64_t rest = archive_.size() - offset;
  if (rest == 0)
    fail(offset, "expected two blocks of zeros at the end of a tar, got the end of the file (half-written?)");
  if (rest < kTarBlock) fail(offset, concat("expected a tar header of 512 bytes, got ", rest));
  return bytes(offset, kTarBlock);
}

void TarWalk::check_block(std::string_view block, int64_t offset) const {
  if (checksum_fits(block)) return;
  if (offset == 0 && block.starts_with("\x1F\x8B"))
    fail(0, "expected a tar that is not compressed, got gzip; unpack it once with gunzip");
  if (offset == 0 && !field_of(block, kMagic).starts_with("ustar"))
    fail(0, "expected a tar archive, got something else");
  fail(offset, "expected a tar header, got one whose checksum is wrong");
}

void TarWalk::check_size(TarMember& member, int64_t offset) const {
  const int64_t room = archive_.size() - member.data;
  if (member.size < 0) fail(offset, "expected the size of a tar member, got something that is no number");
  if (member.size > room)
    fail(offset, concat("expected a tar member of ", member.size, " bytes, got ", room, " before the end of the file"));
  // The last member may lack its padding: the missing end mark is then reported where it should be.
  member.next = std::min(member.data + (member.size + kTarBlock - 1) / kTarBlock * kTarBlock, archive_.size());
}

// GNU long name, or pax records "LENGTH KEY=VALUE\n".
void TarWalk::read_extension(char type, const TarMember& member, int64_t offset) {
  if (member.size > kMostExtension)
    fail(offset, concat("expected a tar name of at most ", kMostExtension, " bytes, got ", member.size));
  std::string_view text = bytes(member.data, member.size);
  if (type == 'L') long_name_ = until_zero(text);
  if (type != 'x') return;
  while (!text.empty()) {
    size_t length = 0;
    const auto [digits_end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const auto digits = static_cast<size_t>(digits_end - text.data());
    if (error != std::errc() || length <= digits + 1 || length > text.size() || text[digits] != ' ' ||
        text[length - 1] != '\n')
      fail(member.data, "expected pax records, got something else");
    const std::string_view record = text.substr(digits + 1, length - digits - 2);
    if (record.starts_with("path=")) long_name_ = record.substr(5);
    if (record.starts_with("size=")) {
      const std::string_view value = record.substr(5);
      if (std::from_chars(value.data(), value.data() + value.size(), pax_size_).ec != std::errc() || pax_size_ < 0)
        fail(member.data, "expected a size in a pax record, got \"" + std::string(value) + "\"");
    }
    text.remove_prefix(length);
  }
}

}  // namespace kindred
