// SPDX-License-Identifier: Apache-2.0
// Proves: every way in which a file can lie is a Corruption that says where; and that no flipped byte or cut does worse.
#include "kindred/nn/safetensors_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/nn/safetensors.h"
#include "tests/nn/fixture.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string file_bytes(const std::string& header, const std::string& data) {
  const uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
}

// Not write_file(): thousands of files need not reach the disk.
void write_quickly(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

class BadFile : public ::testing::Test {
 protected:
  void refused(const std::string& bytes, const std::string& message) {
    write_quickly(path_, bytes);
    EXPECT_THAT([&] { load_tensors(path_); },
                ThrowsMessage<Corruption>(AllOf(HasSubstr(message), HasSubstr(path_.string()))))
        << bytes.substr(0, 200);
    EXPECT_THROW(load_metadata(path_), Corruption);
  }
  void header_refused(const std::string& header, const std::string& message, size_t data = 8) {
    refused(file_bytes(header, std::string(data, '\0')), message);
  }
  void entry_refused(const std::string& entry, const std::string& message) {
    header_refused("{\"t\":" + entry + "}", message);
  }

  test::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "bad.safetensors";
};

TEST_F(BadFile, LengthThatLies) {
  refused("", "got 0 bytes");
  refused("1234567", "got 7 bytes");
  refused(std::string("\x09\0\0\0\0\0\0\0{}      ", 16), "header of at most 8 bytes, got 9");
  refused(std::string(8, '\xff') + "{}", "at most 2 bytes, got 18446744073709551615");
  refused(std::string(8, '\0'), "starts with '{'");
}

TEST_F(BadFile, Json) {
  header_refused("", "starts with '{'", 0);
  header_refused(" {}", "starts with '{'", 0);
  header_refused("[]", "starts with '{'", 0);
  header_refused("{\"a\":", "expected a JSON header", 0);
  header_refused("{} x", "expected a JSON header", 0);
  header_refused("{\"\xff\":{}}", "expected a JSON header", 0);
  header_refused("{\"a\":1e999}", "expected a JSON header", 0);
  header_refused("{" + std::string(100000, '['), "expected a JSON header", 0);
  header_refused("{\"a\":" + std::string(100000, '['), "three levels", 0);
  std::string deep;
  for (int i = 0; i < 10000; ++i) deep += "{\"a\":";
  header_refused(deep, "three levels", 0);
  header_refused(
      R"({"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"t":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
      "got \"t\" twice");
  header_refused(R"({"t":{"dtype":"U8","dtype":"U8","shape":[8],"data_offsets":[0,8]}})", "got \"dtype\" twice");
}

TEST_F(BadFile, SaysWhereTheJsonBreaks) {
  write_quickly(path_, file_bytes("{\"a\": ?", ""));
  EXPECT_THAT([&] { load_tensors(path_); }, ThrowsMessage<Corruption>(HasSubstr(std::to_string(8 + 6))));
}

TEST_F(BadFile, Metadata) {
  header_refused(R"({"__metadata__":[]})", "expected __metadata__ to be an object", 0);
  header_refused(R"({"__metadata__":{"a":1}})", "\"a\" to be text", 0);
  header_refused(R"({"__metadata__":{"a":"b","a":"c"}})", "twice", 0);
}

TEST_F(BadFile, Entries) {
  entry_refused("7", "expected an object");
  entry_refused("{}", "the key \"dtype\"");
  entry_refused(R"({"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]})", "got \"F8_E4M3\"");
  entry_refused(R"({"dtype":7,"shape":[8],"data_offsets":[0,8]})", "expected dtype");
  entry_refused(R"({"dtype":"U8","data_offsets":[0,8]})", "the key \"shape\"");
  entry_refused(R"({"dtype":"U8","shape":[8]})", "the key \"data_offsets\"");
  entry_refused(R"({"dtype":"U8","shape":8,"data_offsets":[0,8]})", "shape to be a list");
  entry_refused(R"({"dtype":"U8","shape":[-8],"data_offsets":[0,8]})", "whole numbers >= 0");
  entry_refused(R"({"dtype":"U8","shape":[8.0],"data_offsets":[0,8]})", "whole numbers >= 0");
  entry_refused(R"({"dtype":"U8","shape":["8"],"data_offsets":[0,8]})", "whole numbers >= 0");
  entry_refused(R"({"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,8]})", "whole numbers >= 0");
  entry_refused(R"({"dtype":"U8","shape":[99999999999999999999999],"data_offsets":[0,8]})", "whole numbers >= 0");
  entry_refused(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,8]})", "");
  entry_refused(R"({"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]})", "");
  entry_refused(R"({"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]})", "");
  entry_refused(R"({"dtype":"U8","shape":[8],"data_offsets":[0]})", "two numbers");
  entry_refused(R"({"dtype":"U8","shape":[8],"data_offsets":[0,8,9]})", "two numbers");
  entry_refused(R"({"dtype":"U8","shape":[8],"data_offsets":[-8,0]})", "whole numbers >= 0");
  entry_refused(R"({"dtype":"U8","shape":[8],"data_offsets":[8,0]})", "expected 8 bytes for its shape");
  entry_refused(R"({"dtype":"F32","shape":[8],"data_offsets":[0,8]})", "expected 32 bytes for its shape");
  entry_refused(R"({"dtype":"U8","shape":[],"data_offsets":[0,8]})", "expected 1 bytes");
}

TEST_F(BadFile, Offsets) {
  const auto two = [](const char* a, const char* b) {
    return std::string(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)") + a +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + b + "}}";
  };
  header_refused(two("[0,4]", "[2,6]"), "(overlap)");
  header_refused(two("[0,4]", "[0,4]"), "(overlap)");
  header_refused(two("[0,4]", "[5,9]"), "(gap)", 9);
  header_refused(two("[1,5]", "[5,9]"), "(gap)", 9);
  header_refused(two("[0,4]", "[4,8]"), "to end within the 7 bytes", 7);
  header_refused(two("[0,4]", "[4,8]"), "expected the file to end, got 1 more bytes", 9);
  header_refused(two("[0,4]", "[9223372036854775803,9223372036854775807]"), "to end within");
  header_refused("{}", "got 3 more bytes", 3);
}

TEST_F(BadFile, BoolsOtherThanZeroAndOne) {
  write_quickly(path_,
                file_bytes(R"({"t":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", std::string("\1\2\0", 3)));
  EXPECT_THAT([&] { load_tensors(path_); }, ThrowsMessage<Corruption>(HasSubstr("expected a bool, 0 or 1, got 2")));
}

// Names from hostile files reach the terminal cut and without control characters.
TEST_F(BadFile, MessagesStayOneCleanLine) {
  const std::string name = std::string(1000, 'n') + "\\u001b\\n";
  write_quickly(path_, file_bytes("{\"" + name + "\":7}", ""));
  try {
    load_tensors(path_);
    FAIL();
  } catch (const Corruption& error) {
    EXPECT_LT(std::strlen(error.what()), 400u);
    EXPECT_EQ(std::string(error.what()).find_first_of("\n\x1b"), std::string::npos);
  }
}

// Every cut is refused; every flipped byte is refused or gives tensors whose memory is all there. Nothing else may happen.
TEST_F(BadFile, CutsAndFlipsNeverDoWorse) {
  const auto good = read_file(test::golden_path("nn_tensors.safetensors"));
  for (size_t length = 0; length < good.size(); ++length) {
    write_quickly(path_, good.substr(0, length));
    EXPECT_THROW(load_tensors(path_), Corruption) << length;
  }
  CounterRng rng(1, RngOp::kTest);
  int refused = 0;
  constexpr int kTries = 4000;
  for (int i = 0; i < kTries; ++i) {
    auto bad = good;
    for (uint64_t flips = 1 + rng.below(3); flips > 0; --flips)
      bad[rng.below(bad.size())] = static_cast<char>(rng.below(256));
    write_quickly(path_, bad);
    try {
      for (const auto& [name, tensor] : load_tensors(path_).tensors) EXPECT_TRUE(tensor.clone().defined());
    } catch (const Corruption&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, kTries / 4);
}

TEST(Header, TextAndParseAreInverse) {
  TensorHeader header;
  header.metadata = {{"k", "v"}};
  header.entries = {{"a", at::kDouble, {2}, 0, 16}, {"b", at::kBool, {}, 16, 17}};
  const auto text = header_text(header);
  EXPECT_EQ(text.size() % 8, 0u);
  const auto parsed = parse_header(text, 17, "file");
  ASSERT_EQ(parsed.entries.size(), 2u);
  EXPECT_EQ(parsed.metadata, header.metadata);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(parsed.entries[i].name, header.entries[i].name);
    EXPECT_EQ(parsed.entries[i].dtype, header.entries[i].dtype);
    EXPECT_EQ(parsed.entries[i].shape, header.entries[i].shape);
    EXPECT_EQ(parsed.entries[i].begin, header.entries[i].begin);
    EXPECT_EQ(parsed.entries[i].end, header.entries[i].end);
  }
}

}  // namespace
}  // namespace kindred
