// SPDX-License-Identifier: Apache-2.0
// Proves of every row of the registry: options that survive JSON and TOML, bad values refused, a result that says its
// protocol, the same result twice, unlabelled or non-finite rows refused in words.
#include "kindred/eval/protocols.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Protocols, SortedAndFound) {
  std::vector<std::string> names;
  for (const auto& row : protocol_rows()) {
    names.emplace_back(row.name);
    EXPECT_EQ(&find_protocol(row.name), &row);
    EXPECT_FALSE(row.summary.empty());
  }
  EXPECT_THAT(names, testing::ElementsAre("fewshot", "geometry", "knn", "linear"));
  try {
    find_protocol("lineer");
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_THAT(e.what(), HasSubstr("linear"));
  }
}

class EachProtocol : public testing::TestWithParam<size_t> {
 protected:
  const ProtocolRow& row_ = protocol_rows()[GetParam()];
  Embeddings train_ = test::blobs(120, 6, 3, 1.0, 1), test_ = test::blobs(60, 6, 3, 1.0, 2);
};

TEST_P(EachProtocol, OptionsRoundTrip) {
  const auto recipe = row_.recipe(), other = row_.recipe();
  const auto fields = recipe->fields(), others = other->fields();
  check_fields(fields, "defaults");
  ASSERT_FALSE(fields.empty());
  for (const auto& field : fields) EXPECT_FALSE(field.help.empty()) << field.name;
  for (const auto& field : fields)
    if (auto* const* whole = std::get_if<int64_t*>(&field.value)) **whole += 3;
  EXPECT_FALSE(same_values(fields, others));
  Config::from_json(fields_json(fields), "test").apply(others);
  EXPECT_TRUE(same_values(fields, others));
  Config::from_toml(toml_text(fields), "test").apply(others);
  EXPECT_TRUE(same_values(fields, others));
}

TEST_P(EachProtocol, SaysItsProtocolAndRepeats) {
  const auto recipe = row_.recipe();
  const auto a = recipe->make(train_, test_), b = recipe->make(train_, test_);
  EXPECT_EQ(a.protocol, row_.name);
  ASSERT_FALSE(a.figures.empty());
  EXPECT_THAT(a.protocol_line(), StartsWith(a.protocol + ": "));
  EXPECT_THAT(a.protocol_line(), HasSubstr("60 test"));
  EXPECT_EQ(result_json(a).dump(), result_json(b).dump());
  for (const auto& figure : a.figures) {
    EXPECT_TRUE(std::isfinite(figure.value)) << figure.name;
    if (figure.has_interval) {
      EXPECT_LE(figure.interval.low, figure.value);
      EXPECT_GE(figure.interval.high, figure.value);
    }
  }
}

TEST_P(EachProtocol, RefusesBadRows) {
  const auto recipe = row_.recipe();
  auto bad = test_;
  bad.rows = test_.rows.clone();
  bad.rows[11][3] = std::numeric_limits<float>::quiet_NaN();
  try {
    recipe->make(train_, bad);
    ADD_FAILURE() << row_.name;
  } catch (const InvalidArgument& e) {
    EXPECT_THAT(e.what(), StartsWith(std::string(row_.name) + ": "));
    EXPECT_THAT(e.what(), HasSubstr("nan in row 11"));
  }
  EXPECT_THROW(recipe->make(train_, Embeddings{}), InvalidArgument);
  if (row_.name == "geometry") return;
  auto unlabelled = train_;
  unlabelled.labels = at::full({120}, -1, at::kLong);
  EXPECT_THROW(recipe->make(unlabelled, test_), InvalidArgument);
}

TEST_P(EachProtocol, RefusesBadOptions) {
  const auto recipe = row_.recipe();
  for (const auto& field : recipe->fields())
    if (auto* const* whole = std::get_if<int64_t*>(&field.value)) {
      const int64_t kept = **whole;
      **whole = -1;
      EXPECT_THROW(recipe->make(train_, test_), InvalidArgument) << row_.name << "." << field.name;
      **whole = kept;
    }
}

INSTANTIATE_TEST_SUITE_P(Protocols, EachProtocol, testing::Range<size_t>(0, 4),
                         [](const auto& param) { return std::string(protocol_rows()[param.param].name); });

}  // namespace
}  // namespace kindred
