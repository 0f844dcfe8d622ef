// SPDX-License-Identifier: Apache-2.0
#include "kindred/data/npy_header.h"

#include <gmock/gmock.h>

#include "tests/data/fixtures.h"

namespace kindred::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(NpyHeader, ReadsWhatNumPyWritesInAnyOrderAndSpacing) {
  const NpyHeader header = parse_npy_header("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4), }   \n", "x", 10);
  EXPECT_EQ(header.descr, "<f4");
  EXPECT_TRUE(header.fortran_order);
  EXPECT_THAT(header.shape, ElementsAre(3, 4));
  EXPECT_THAT(parse_npy_header("{\"shape\":(7,),\"fortran_order\":False,\"descr\":\"|u1\"}", "x", 10).shape,
              ElementsAre(7));
  EXPECT_THAT(parse_npy_header("{'descr': '<i8', 'fortran_order': False, 'shape': ()}", "x", 10).shape, IsEmpty());
}

TEST(NpyHeader, ErrorsPointIntoTheFile) {
  const auto message = [](std::string_view text) {
    return message_of<Corruption>([&] { parse_npy_header(text, "x", 10); });
  };
  EXPECT_THAT(message("['descr']"), HasSubstr("x: offset 10: expected '{' in the .npy header, got \"['descr']\""));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}"),
              HasSubstr("offset 63: expected ','"));
  EXPECT_THAT(message("{'descr': '<f4"), HasSubstr("the end of a quoted word"));
  EXPECT_THAT(message("{'colour': 3}"), HasSubstr("expected descr, fortran_order or shape"));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x"),
              HasSubstr("nothing after the dict"));
  EXPECT_THAT(message("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
              HasSubstr("a size >= 0"));
  EXPECT_THAT(message(""), HasSubstr("expected '{'"));
}

}  // namespace
}  // namespace kindred::test
