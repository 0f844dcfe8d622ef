// SPDX-License-Identifier: Apache-2.0
// The event file is read back by a decoder that shares nothing with the writer: records by their lengths, messages by
// their wire types. The first record of every TensorFlow event file of version 2 is known to the byte but for its time.
#include "kindred/train/events.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/train/crc32c.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

template <class T>
T little_endian(const std::string& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);  // the tests run on little-endian machines
  return value;
}

std::vector<std::string> records(const std::string& file) {
  std::vector<std::string> out;
  const auto unmask = [](uint32_t masked) {
    const uint32_t rotated = masked - 0xA282EAD8u;
    return (rotated >> 17) | (rotated << 15);
  };
  for (size_t at = 0; at < file.size();) {
    const auto length = little_endian<uint64_t>(file, at);
    EXPECT_EQ(unmask(little_endian<uint32_t>(file, at + 8)), crc32c(file.data() + at, 8));
    out.push_back(file.substr(at + 12, length));
    EXPECT_EQ(unmask(little_endian<uint32_t>(file, at + 12 + length)), crc32c(out.back().data(), length));
    at += 16 + length;
  }
  return out;
}

// field number -> raw values, in order: varints and fixed as their bits in text form, byte fields as they are.
std::multimap<uint64_t, std::string> message(const std::string& bytes) {
  std::multimap<uint64_t, std::string> out;
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes.at(at++));
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.size()) {
    const uint64_t tag = varint();
    size_t length = 0;
    switch (tag & 7) {
      case 0:
        out.emplace(tag >> 3, std::to_string(varint()));
        continue;
      case 1:
        length = 8;
        break;
      case 2:
        length = varint();
        break;
      case 5:
        length = 4;
        break;
      default:
        ADD_FAILURE() << "wire type " << (tag & 7);
        return out;
    }
    out.emplace(tag >> 3, bytes.substr(at, length));
    at += length;
  }
  return out;
}

std::string only(const std::multimap<uint64_t, std::string>& fields, uint64_t number) {
  EXPECT_EQ(fields.count(number), 1u) << "field " << number;
  return fields.count(number) ? fields.find(number)->second : std::string();
}

// step -> tag -> value of all scalars in a file.
std::map<int64_t, std::map<std::string, float>> scalars_of(const std::string& file) {
  std::map<int64_t, std::map<std::string, float>> out;
  for (const auto& record : records(file)) {
    const auto event = message(record);
    if (event.count(5) == 0) continue;
    const auto summary = message(only(event, 5));
    for (auto [value, end] = summary.equal_range(1); value != end; ++value) {
      const auto fields = message(value->second);
      out[std::stoll(only(event, 2))][only(fields, 1)] = little_endian<float>(only(fields, 2), 0);
    }
  }
  return out;
}

TEST(Events, MaskedChecksumOfTheDefinition) {
  const uint32_t crc = 0xE3069283u;  // of "123456789"
  EXPECT_EQ(masked_crc32c("123456789"), ((crc >> 15) | (crc << 17)) + 0xA282EAD8u);
}

TEST(Events, ScalarsReadBack) {
  test::TempFolder folder;
  EventWriter writer(folder.path());
  writer.scalars(300, {{"train/loss", 2.5}, {"train/lr", -0.125}, {"train/nan", std::nan("")}});
  writer.scalars(int64_t{1} << 40, {{"monitor/knn", 0.75}});
  const auto file = read_file(writer.path());
  const auto scalars = scalars_of(file);
  const std::map<int64_t, std::map<std::string, float>> expected{{300, {{"train/loss", 2.5f}, {"train/lr", -0.125f}}},
                                                                 {int64_t{1} << 40, {{"monitor/knn", 0.75f}}}};
  EXPECT_EQ(scalars, expected);
  EXPECT_NE(writer.path().filename().string().find("tfevents"), std::string::npos);

  const auto first = message(records(file).at(0));
  EXPECT_EQ(only(first, 3), "brain.Event:2");
  const double wall_time = little_endian<double>(only(first, 1), 0);
  EXPECT_GT(wall_time, 1.6e9);  // seconds since 1970, and not milliseconds
  EXPECT_LT(wall_time, 1e11);
}

TEST(Events, RestartTellsWhatToForget) {
  test::TempFolder folder;
  EventWriter first(folder.path());
  EventWriter second(folder.path(), 121);
  EXPECT_NE(first.path(), second.path());
  EXPECT_LT(first.path().string(), second.path().string());
  const auto events = records(read_file(second.path()));
  ASSERT_EQ(events.size(), 2u);
  const auto restart = message(events[1]);
  EXPECT_EQ(only(restart, 2), "121");
  EXPECT_EQ(only(message(only(restart, 7)), 1), "1");  // SessionLog.START
}

TEST(Events, FolderThatIsNotThere) {
  test::TempFolder folder;
  EXPECT_THROW(EventWriter(folder / "absent"), IoError);
}

}  // namespace
}  // namespace kindred
