// SPDX-License-Identifier: Apache-2.0
// Oracle: files written by NumPy (tests/golden/make_data.py), whose values follow a formula.
#include "kindred/data/npy.h"

#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "tests/data/fixtures.h"
#include "tests/support/golden.h"
#include "tests/support/temp_folder.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NpyFloats : public testing::TestWithParam<const char*> {};

TEST_P(NpyFloats, ValuesAreNumPys) {
  const NpyFile file(golden_path(std::string("data/") + GetParam() + ".npy"));
  ASSERT_THAT(file.shape(), ElementsAre(5, 3));
  EXPECT_EQ(file.kind(), 'f');
  for (int64_t row = 0; row < 5; ++row)
    for (int64_t column = 0; column < 3; ++column)
      EXPECT_EQ(file.real(row * file.strides()[0] + column * file.strides()[1]),
                10.0 * static_cast<double>(row) + static_cast<double>(column) / 2);
}

INSTANTIATE_TEST_SUITE_P(Kinds, NpyFloats,
                         testing::Values("f4", "f8_fortran", "f4_big", "f2", "f4_version2", "f4_version3"),
                         [](const auto& test) { return std::string(test.param); });

TEST(Npy, LabelsOfAnyWholeType) {
  for (const char* name : {"labels_i8", "labels_i4_big", "labels_u1", "labels_i2"})
    EXPECT_THAT(read_npy_labels(golden_path(std::string("data/") + name + ".npy")), ElementsAre(3, 0, 2, 1, 120))
        << name;
  EXPECT_THAT(message_of<InvalidArgument>([] { read_npy_labels(golden_path("data/f4.npy")); }),
              HasSubstr("expected labels as one dimension of whole numbers, got 2 of type f4"));
}

// A version 1 file with this dict and these values.
std::string npy(const std::string& dict, const std::string& values) {
  return "\x93NUMPY" + std::string("\x01\x00", 2) + static_cast<char>(dict.size() & 255) +
         static_cast<char>(dict.size() >> 8) + dict + values;
}

TEST(Npy, BadFilesAreErrorsWithTheOffset) {
  TempFolder folder;
  const auto message = [&](const std::string& bytes) {
    put(folder / "x.npy", bytes);
    return message_of<Corruption>([&] { NpyFile file(folder / "x.npy"); });
  };
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  EXPECT_THAT(message(""), HasSubstr("offset 0: expected a .npy file"));
  EXPECT_THAT(message("hello, world"), HasSubstr("offset 0: expected a .npy file"));
  EXPECT_THAT(message(npy(good, "").substr(0, 8)), HasSubstr("offset 8: expected the .npy header, got the end"));
  EXPECT_THAT(message(npy(good, "").substr(0, 40)), HasSubstr("offset 40: expected the .npy header, got the end"));
  EXPECT_THAT(message(npy(good, "1234567")), HasSubstr("offset 67: expected 8 bytes of values, got 7"));
  EXPECT_THAT(message(npy(good, "123456789")), HasSubstr("expected 8 bytes of values, got 9"));
  std::string version = npy(good, "12345678");
  version[6] = 4;
  EXPECT_THAT(message(version), HasSubstr("offset 6: expected .npy version 1, 2 or 3, got 4"));
  EXPECT_THAT(message(npy("{'descr': '<f4', 'shape': (2,), }", "12345678")),
              HasSubstr("expected descr, fortran_order and shape"));
  EXPECT_THAT(message(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "")),
              HasSubstr("fits 63 bits"));
  EXPECT_THAT(message(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "")),
              HasSubstr("expected a size >= 0"));
  EXPECT_THAT(message(npy("{'descr': '<f4', 'fortran_order': No, 'shape': (1,), }", "")),
              HasSubstr("expected True or False"));
}

TEST(Npy, TypesThatAreNoNumbersAreRefused) {
  TempFolder folder;
  for (const char* descr : {"'<U5'", "'|O'", "'<c8'", "'<M8'", "[('a', '<f4')]"}) {
    put(folder / "x.npy", npy(concat("{'descr': ", descr, ", 'fortran_order': False, 'shape': (), }"), "12345678"));
    EXPECT_THAT(message_of<InvalidArgument>([&] { NpyFile file(folder / "x.npy"); }), HasSubstr("expected an array of"))
        << descr;
  }
}

TEST(Npy, WritesWhatNumPyWouldRead) {
  TempFolder folder;
  write_npy(folder / "x.npy", std::vector<float>{1, 2.5f, -3, 4, 5, 6}, {2, 3});
  const std::string bytes = slurp(folder / "x.npy");
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t header = 10 + static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ(header % 64, 0u);
  EXPECT_EQ(bytes.size(), header + 24);
  EXPECT_EQ(bytes[header - 1], '\n');
  EXPECT_THAT(bytes, HasSubstr("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
  const NpyFile file(folder / "x.npy");
  EXPECT_EQ(file.real(1), 2.5);
  EXPECT_EQ(file.real(2), -3);

  write_npy(folder / "d.npy", std::vector<double>{0.1, -1e-300}, {2, 1});
  const NpyFile doubles(folder / "d.npy");
  EXPECT_EQ(doubles.type(), "f8");
  EXPECT_EQ(doubles.real(0), 0.1);
  EXPECT_EQ(doubles.real(1), -1e-300);

  write_npy(folder / "y.npy", std::vector<int64_t>{7, -1}, {2});
  EXPECT_THAT(slurp(folder / "y.npy"), HasSubstr("'shape': (2,), }"));
  EXPECT_THAT(read_npy_labels(folder / "y.npy"), ElementsAre(7, -1));
  write_npy(folder / "z.npy", std::vector<uint64_t>{~uint64_t{0}}, {1});
  EXPECT_THAT(message_of<Corruption>([&] { read_npy_labels(folder / "z.npy"); }),
              HasSubstr("expected a number below 2^63"));
  EXPECT_THROW(write_npy(folder / "w.npy", std::vector<float>{1}, {2}), InvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(folder / "w.npy"));
}

}  // namespace
}  // namespace kindred::test
