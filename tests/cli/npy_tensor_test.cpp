// SPDX-License-Identifier: Apache-2.0
// .npy to tensor and back: types, Fortran order, the other byte order, numbers of no dimension, strided tensors.
// The bytes of foreign files are written out here by the format's description.
#include "kindred/cli/npy_tensor.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/data/npy.h"
#include "tests/support/temp_folder.h"

namespace kindred::cli {
namespace {

using test::TempFolder;

// A version 1 file of a header dict and raw values.
std::filesystem::path raw_npy(const TempFolder& folder, const std::string& dict, const std::string& values) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += {static_cast<char>(dict.size() + 1), '\0'};
  write_file(folder / "raw.npy", bytes + dict + "\n" + values);
  return folder / "raw.npy";
}

TEST(NpyTensor, FloatsComeBackBitForBit) {
  const TempFolder folder;
  for (const auto type : {at::kFloat, at::kDouble}) {
    const at::Tensor x = at::linspace(-1, 1, 30, at::kDouble).sin().to(type).view({5, 6});
    write_npy_tensor(folder / "x.npy", x.t());  // not contiguous
    const at::Tensor back = read_npy_tensor(folder / "x.npy");
    EXPECT_EQ(back.scalar_type(), type);
    EXPECT_TRUE(at::equal(back, x.t().contiguous()));
    EXPECT_TRUE(back.is_contiguous());
  }
}

TEST(NpyTensor, ScalarsAndThreeDimensions) {
  const TempFolder folder;
  write_npy_tensor(folder / "s.npy", at::scalar_tensor(2.5, at::kDouble));
  const at::Tensor scalar = read_npy_tensor(folder / "s.npy");
  EXPECT_EQ(scalar.dim(), 0);
  EXPECT_EQ(scalar.item<double>(), 2.5);
  const at::Tensor x = at::arange(24, at::kFloat).view({2, 3, 4});
  write_npy_tensor(folder / "x.npy", x);
  EXPECT_TRUE(at::equal(read_npy_tensor(folder / "x.npy"), x));
}

TEST(NpyTensor, FortranOrderAndBigEndian) {
  const TempFolder folder;
  // Columns first: {{1, 2, 3}, {4, 5, 6}} lies as 1 4 2 5 3 6.
  const std::string columns("\x01\x00\x04\x00\x02\x00\x05\x00\x03\x00\x06\x00", 12);
  at::Tensor x =
      read_npy_tensor(raw_npy(folder, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", columns));
  EXPECT_TRUE(at::equal(x, at::arange(1, 7, at::kLong).view({2, 3})));
  const std::string one_and_minus_two("\x3f\xf0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0", 16);
  x = read_npy_tensor(raw_npy(folder, "{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }", one_and_minus_two));
  EXPECT_EQ(x[0].item<double>(), 1);
  EXPECT_EQ(x[1].item<double>(), -2);
}

TEST(NpyTensor, HalvesBytesAndBools) {
  const TempFolder folder;
  at::Tensor x = read_npy_tensor(
      raw_npy(folder, "{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", std::string("\x00\x3c\x00\xc1", 4)));
  EXPECT_EQ(x.scalar_type(), at::kFloat);
  EXPECT_EQ(x[0].item<double>(), 1);
  EXPECT_EQ(x[1].item<double>(), -2.5);
  x = read_npy_tensor(raw_npy(folder, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "\xff\x01"));
  EXPECT_EQ(x.scalar_type(), at::kLong);
  EXPECT_EQ(x[0].item<int64_t>(), 255);
  x = read_npy_tensor(
      raw_npy(folder, "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", std::string("\x01\x00\x01", 3)));
  EXPECT_EQ(x.scalar_type(), at::kBool);
  EXPECT_EQ(x.sum().item<int64_t>(), 2);
}

TEST(NpyTensor, EmptyArraysAndNoFile) {
  const TempFolder folder;
  const at::Tensor x =
      read_npy_tensor(raw_npy(folder, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", ""));
  EXPECT_EQ(x.size(0), 0);
  EXPECT_EQ(x.size(1), 3);
  EXPECT_THROW(read_npy_tensor(folder / "absent.npy"), IoError);
}

}  // namespace
}  // namespace kindred::cli
