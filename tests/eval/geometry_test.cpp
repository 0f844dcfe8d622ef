// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "kindred/eval/protocols.h"
#include "tests/eval/support.h"
#include "tests/support/golden.h"

namespace kindred {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Geometry, FiveRowsOfTheSharedVector) {
  const auto item = test::golden_case("vectors/retrieval_and_probe.json", "five_rows");
  const auto e = test::embeddings_of(item["inputs"]["x"], item["inputs"]["labels"]);
  const auto result = geometry(e, e);
  ASSERT_EQ(result.figures.size(), 4u);
  EXPECT_EQ(result.figures[2].name, "uniformity");
  EXPECT_NEAR(result.figures[2].value, item["expected_value"]["uniformity_i_lt_j"].get<double>(), 1e-6);
  EXPECT_EQ(result.figures[3].name, "tolerance");
  EXPECT_NEAR(result.figures[3].value, 0.29, 1e-6);
  EXPECT_FALSE(result.correct.defined());
}

TEST(Geometry, NeedsNoLabelsAndThins) {
  auto e = test::blobs(1000, 32, 4, 1.0, 1);
  const auto all = geometry(e, e), some = geometry(e, e, {.max_rows = 300});  // no multiple of the classes' period
  EXPECT_EQ(all.figures.size(), 4u);
  EXPECT_THAT(some.settings, Contains(std::pair<std::string, std::string>("rows", "300")));
  EXPECT_NEAR(all.figures[0].value, some.figures[0].value, 0.02);
  e.labels = at::full({1000}, -1, at::kLong);
  EXPECT_EQ(geometry({}, e).figures.size(), 3u);
  EXPECT_THAT(all.warnings, IsEmpty());
  e.rows = at::ones({1000, 32}) + 1e-4 * e.rows;
  EXPECT_THAT(geometry(e, e).warnings, Contains(HasSubstr("collapsed")));
}

TEST(Geometry, BadInput) {
  auto e = test::blobs(10, 4, 2, 1.0, 2);
  EXPECT_THROW(geometry(e, e, {.max_rows = 1}), InvalidArgument);
  EXPECT_THROW(geometry(e, {}), InvalidArgument);
  e.rows[3][1] = std::nan("");
  EXPECT_THROW(geometry(e, e), InvalidArgument);
}

}  // namespace
}  // namespace kindred
