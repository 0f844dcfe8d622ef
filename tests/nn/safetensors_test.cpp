// SPDX-License-Identifier: Apache-2.0
// Proves: every dtype and odd shape survives a round trip bit for bit; files written by other code load; the same content
// gives the same bytes, aligned; nothing is left behind by a failed save.
// Oracle: tests/golden/nn_tensors.safetensors, written with struct and json (make_nn.py). Bad files: safetensors_header_test.
#include "kindred/nn/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "tests/nn/fixture.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TensorFile every_dtype() {
  TensorFile file;
  const auto base = test::normal_tensor({3, 5}, 1) * 50;
  for (const auto dtype : {at::kBool, at::kDouble, at::kByte, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
                           at::kShort, at::kChar})
    file.tensors.emplace_back(concat("t/", dtype), dtype == at::kByte ? base.abs().to(dtype) : base.to(dtype));
  file.tensors.emplace_back("scalar", torch::tensor(0.1, torch::kFloat64));
  file.tensors.emplace_back("empty", torch::zeros({2, 0, 3}));
  file.tensors.emplace_back("transposed", base.t());
  file.tensors.emplace_back("sliced", base.slice(1, 0, 5, 2));
  file.tensors.emplace_back("channels last",
                            test::normal_tensor({2, 3, 4, 5}, 2).contiguous(at::MemoryFormat::ChannelsLast));
  file.tensors.emplace_back("quoted \" \\ \n \xc3\xbc", torch::tensor({std::nanf(""), INFINITY, -0.0f}));
  file.metadata = {{"a", ""}, {"b", "line\nline \"quoted\" \xc3\xa4"}};
  return file;
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  const auto x = a.contiguous(), y = b.contiguous();
  return x.scalar_type() == y.scalar_type() && x.sizes() == y.sizes() &&
         (x.nbytes() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0);
}

void expect_same(const TensorFile& a, const TensorFile& b) {
  EXPECT_EQ(a.metadata, b.metadata);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (size_t i = 0; i < a.tensors.size(); ++i) {
    EXPECT_EQ(a.tensors[i].first, b.tensors[i].first) << "order";
    EXPECT_TRUE(same_bits(a.tensors[i].second, b.tensors[i].second)) << a.tensors[i].first;
  }
}

TEST(Safetensors, RoundTripKeepsEveryBit) {
  const test::TempFolder folder;
  const auto file = every_dtype();
  save_tensors(folder / "a", file);
  const auto loaded = load_tensors(folder / "a");
  expect_same(loaded, file);
  EXPECT_EQ(load_metadata(folder / "a"), file.metadata);
  save_tensors(folder / "b", loaded);
  EXPECT_EQ(read_file(folder / "a"), read_file(folder / "b"));
}

TEST(Safetensors, AnEmptyFileIsAFile) {
  const test::TempFolder folder;
  save_tensors(folder / "a", {});
  expect_same(load_tensors(folder / "a"), {});
}

TEST(Safetensors, ReadsWhatOthersWrote) {
  const auto file = load_tensors(test::golden_path("nn_tensors.safetensors"));
  TensorFile expected;
  const auto add = [&](const char* name, const at::Tensor& tensor) { expected.tensors.emplace_back(name, tensor); };
  add("matrix", torch::arange(6, torch::kFloat32).reshape({2, 3}) / 4);
  add("double", torch::tensor({1.0 / 3, -2.5e300}, torch::kFloat64));
  add("half", torch::tensor({0.5, -65504.0, 6e-8}, torch::kFloat64).to(torch::kHalf));
  add("brain", torch::tensor({1.5, -3.0}).to(torch::kBFloat16));
  add("long", torch::tensor({std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}, torch::kInt64));
  add("int", torch::tensor({-5, 6}, torch::kInt32));
  add("short", torch::tensor({-300, 300}, torch::kInt16));
  add("char", torch::tensor({-128, 127}, torch::kInt8));
  add("byte", torch::tensor({0, 255}, torch::kUInt8).reshape({2, 1}));
  add("flags", torch::tensor({true, false, true}));
  add("scalar", torch::tensor(42, torch::kInt64));
  add("empty", torch::zeros({3, 0, 2}));
  expected.metadata = {{"who", "make_nn.py"},
                       {"umlaut",
                        "Gr\xc3\xbc\xc3\x9f"
                        "e"}};
  expect_same(file, expected);
}

// The format as its page says it, read by hand: length, JSON, data; every tensor aligned to its element size.
TEST(Safetensors, WritesThePublicFormat) {
  const test::TempFolder folder;
  save_tensors(folder / "a", every_dtype());
  const auto bytes = read_file(folder / "a");
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0u);
  const auto json = nlohmann::json::parse(bytes.substr(8, length));
  EXPECT_EQ(json["__metadata__"]["a"], "");
  uint64_t end = 0;
  for (const auto& [name, tensor] : every_dtype().tensors) {
    const auto& entry = json.at(name);
    const uint64_t begin = entry["data_offsets"][0];
    EXPECT_EQ(entry["shape"].get<std::vector<int64_t>>(), tensor.sizes().vec());
    EXPECT_EQ((8 + length + begin) % tensor.element_size(), 0u) << name;
    EXPECT_EQ(bytes.substr(8 + length + begin, tensor.nbytes()),
              std::string(static_cast<const char*>(tensor.contiguous().data_ptr()), tensor.nbytes()))
        << name;
    end = std::max<uint64_t>(end, entry["data_offsets"][1]);
  }
  EXPECT_EQ(bytes.size(), 8 + length + end);
}

TEST(Safetensors, RefusesWhatItCannotWrite) {
  const test::TempFolder folder;
  const auto x = torch::zeros({2});
  const auto refused = [&](std::vector<std::pair<std::string, at::Tensor>> tensors) {
    EXPECT_THROW(save_tensors(folder / "a", {std::move(tensors), {}}), InvalidArgument);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  };
  refused({{"a", x}, {"a", x}});
  refused({{"a", at::Tensor()}});
  refused({{"a", torch::zeros({2}, torch::kComplexFloat)}});
  refused({{"__metadata__", x}});
  EXPECT_THROW(save_tensors(folder / "no/such/folder", {{{"a", x}}, {}}), IoError);
}

TEST(Safetensors, ReplacesTextThatIsNotUtf8) {
  const test::TempFolder folder;
  save_tensors(folder / "a", {{}, {{"command", "train \xff"}}});
  EXPECT_EQ(load_metadata(folder / "a").at("command"), "train \xef\xbf\xbd");
}

TEST(Safetensors, SaysWhatIsNotAFile) {
  const test::TempFolder folder;
  EXPECT_THROW(load_tensors(folder / "absent"), IoError);
  EXPECT_THAT([&] { load_tensors(folder.path()); }, ThrowsMessage<IoError>(HasSubstr("expected a file")));
  EXPECT_THROW(load_tensors("/dev/null"), IoError);
}

}  // namespace
}  // namespace kindred
