// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/events.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/train/crc32c.h"

namespace kindred {
namespace {

// --- protocol buffers: a message is a row of (field number << 3 | wire type) and value ---

enum Wire : uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <class Unsigned>
void put_fixed(std::string& out, Unsigned value) {  // little endian
  for (size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}
void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7F) | 0x80);
  out += static_cast<char>(value);
}
void put_tag(std::string& out, uint64_t field, Wire wire) { put_varint(out, field << 3 | wire); }
void put_bytes(std::string& out, uint64_t field, std::string_view bytes) {
  put_tag(out, field, kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

// Event: wall_time 1, step 2, file_version 3, summary 5, session_log 7.
std::string event_head(int64_t step) {
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::string out;
  put_tag(out, 1, kFixed64);
  put_fixed(out, std::bit_cast<uint64_t>(now));
  put_tag(out, 2, kVarint);
  put_varint(out, static_cast<uint64_t>(step));
  return out;
}

std::string version_event() {
  std::string out = event_head(0);
  put_bytes(out, 3, "brain.Event:2");
  return out;
}

std::string restart_event(int64_t step) {
  std::string session_log;
  put_tag(session_log, 1, kVarint);  // SessionLog: status 1
  put_varint(session_log, 1);        // START
  std::string out = event_head(step);
  put_bytes(out, 7, session_log);
  return out;
}

std::string scalars_event(int64_t step, const std::vector<std::pair<std::string, double>>& figures) {
  std::string summary;
  for (const auto& [tag, figure] : figures) {
    if (!std::isfinite(figure)) continue;
    std::string value;  // Summary.Value: tag 1, simple_value 2
    put_bytes(value, 1, tag);
    put_tag(value, 2, kFixed32);
    put_fixed(value, std::bit_cast<uint32_t>(static_cast<float>(figure)));
    put_bytes(summary, 1, value);  // Summary: value 1
  }
  std::string out = event_head(step);
  put_bytes(out, 5, summary);
  return out;
}

int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

uint32_t masked_crc32c(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes.data(), bytes.size());
  return std::rotr(crc, 15) + 0xA282EAD8u;
}

std::string tf_record(std::string_view payload) {
  std::string out;
  put_fixed(out, static_cast<uint64_t>(payload.size()));
  put_fixed(out, masked_crc32c(out));
  out += payload;
  put_fixed(out, masked_crc32c(payload));
  return out;
}

EventWriter::EventWriter(const std::filesystem::path& folder, std::optional<int64_t> restart_at) {
  // TensorBoard reads files whose name holds "tfevents", in the order of their names. A name that is taken (two resumes
  // within a second) counts up.
  for (int64_t stamp = now_seconds(); descriptor_ < 0; ++stamp) {
    path_ = folder / concat("events.out.tfevents.", stamp, ".kindred");
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0 && errno != EEXIST) throw IoError(path_.string(), "cannot create: " + errno_text(errno));
  }
  try {
    append(version_event());
    if (restart_at) append(restart_event(*restart_at));
  } catch (...) {
    ::close(descriptor_);
    ::unlink(path_.c_str());
    throw;
  }
}

EventWriter::~EventWriter() { ::close(descriptor_); }

void EventWriter::scalars(int64_t step, const std::vector<std::pair<std::string, double>>& figures) {
  append(scalars_event(step, figures));
}

void EventWriter::append(const std::string& event) {
  const std::string record = tf_record(event);
  for (size_t done = 0; done < record.size();) {
    const ssize_t written = ::write(descriptor_, record.data() + done, record.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error_number = errno;
      if (::ftruncate(descriptor_, size_) != 0) size_ = -1;  // the record stays in half; its checksum tells readers
      throw IoError(path_.string(), "cannot append: " + errno_text(error_number));
    }
    done += static_cast<size_t>(written);
  }
  size_ += static_cast<int64_t>(record.size());
}

}  // namespace kindred
