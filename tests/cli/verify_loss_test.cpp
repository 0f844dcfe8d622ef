// SPDX-License-Identifier: Apache-2.0
// kindred verify loss: its lines, its JSON and its exit status. That a wrong loss is found is losses/agreement_test.cpp's.
#include "kindred/cli/verify_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "kindred/losses/registry.h"

namespace kindred::cli {
namespace {

using testing::HasSubstr;

std::string printed(const LossAgreement& result) {
  std::ostringstream out;
  print_agreement(result, out);
  return out.str();
}

TEST(VerifyLoss, OneLineEachAndOneMoreForEachFailure) {
  LossAgreement result{.loss = "pair"};
  EXPECT_EQ(printed(result), "pair                  composite only\n");
  result.has_fused = true;
  result.single.worst = 2.34e-6;
  result.exact.worst = 1e-14;
  result.single.compared = result.exact.compared = 40;
  EXPECT_EQ(printed(result),
            "pair                  agrees   float32 2.3e-06 (limit 0.0001), float64 1e-14 (limit 1e-06), 80 cases\n");
  result.cold.compared = 6;
  result.refused = 3;
  result.failures = {"pair: relative error 0.1 in float32, random"};
  EXPECT_THAT(printed(result), HasSubstr("DIFFERS  float32"));
  EXPECT_THAT(printed(result), HasSubstr("at 0.01 0 (limit 0.001)"));
  EXPECT_THAT(printed(result),
              HasSubstr("86 cases, 3 composite only\n  pair: relative error 0.1 in float32, random\n"));
}

TEST(VerifyLoss, NamesAreThoseOfTheRegistry) {
  std::ostringstream out, err;
  Io io{out, err};
  const std::vector<std::string> words{"verify", "loss", "--name", "mse,vicreg", "--cases", "1", "--json"};
  EXPECT_EQ(run(words, io), 0) << err.str();
  const auto report = nlohmann::json::parse(out.str());
  EXPECT_EQ(report["verify"], "loss");
  EXPECT_TRUE(report["agree"]);
  ASSERT_EQ(report["losses"].size(), 2u);
  EXPECT_EQ(report["losses"][0]["name"], "mse");
  for (const auto& loss : report["losses"]) {
    const auto recipe = find_loss(loss["name"].get<std::string>()).recipe();
    EXPECT_EQ(loss["fused"].get<bool>(), find_field(recipe->fields(), "impl") != nullptr);
    EXPECT_EQ(loss.contains("float32"), loss["fused"].get<bool>());
  }
}

TEST(VerifyLoss, BadInputIsOneLine) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> cases{
      {{"verify", "loss", "--name", "nt_xnet"}, "nt_xent"},
      {{"verify", "loss", "--cases", "0"}, "cases"},
      {{"verify", "loss", "--encoder", "mlp"}, "encoder"},
      {{"verify", "losses"}, "loss"}};
  for (const auto& [words, says] : cases) {
    std::ostringstream out, err;
    Io io{out, err};
    EXPECT_EQ(run(words, io), 2);
    EXPECT_THAT(err.str(), HasSubstr(says));
    EXPECT_EQ(out.str(), "");
  }
}

}  // namespace
}  // namespace kindred::cli
