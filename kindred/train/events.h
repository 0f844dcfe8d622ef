// SPDX-License-Identifier: Apache-2.0
// TensorBoard event files, scalars only: TFRecord framing (length, masked CRC-32C, bytes, masked CRC-32C) around the
// protocol-buffer messages Event, Summary and SessionLog, encoded by hand.
// Sources: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto, tensorflow/core/lib/io/record_writer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kindred {

// TFRecord's: a rotation and a constant, so that a checksum of data that hold checksums stays a good one.
uint32_t masked_crc32c(std::string_view bytes);
// The bytes of one record.
std::string tf_record(std::string_view payload);

class EventWriter {
 public:
  // Opens a new file in the folder. restart_at: TensorBoard is told to forget what older files of the folder say about
  // that step and later ones. Throws IoError.
  explicit EventWriter(const std::filesystem::path& folder, std::optional<int64_t> restart_at = {});
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  // One event that holds all these scalars; figures that are not finite are left out. Throws IoError; a half-written
  // record is cut off again.
  void scalars(int64_t step, const std::vector<std::pair<std::string, double>>& figures);
  const std::filesystem::path& path() const { return path_; }

 private:
  void append(const std::string& event);

  std::filesystem::path path_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

}  // namespace kindred
