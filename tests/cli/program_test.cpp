// SPDX-License-Identifier: Apache-2.0
// The program itself, as a process: what only a process can show (restart with other kernels, signals, kill and resume).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "kindred/core/file.h"
#include "kindred/core/rng.h"
#include "kindred/data/npy.h"
#include "tests/support/temp_folder.h"

namespace kindred::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct ProgramOutcome {
  int status = 0;
  std::string out;
};
ProgramOutcome shell(const std::string& line) {
  ProgramOutcome outcome;
  FILE* pipe = ::popen(line.c_str(), "r");
  std::array<char, 4096> buffer;
  for (size_t got; (got = ::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) outcome.out.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}
const std::string kProgram = KINDRED_PROGRAM;

std::string noise_rows(const test::TempFolder& folder) {
  CounterRng rng(3, RngOp::kTest);
  std::vector<float> rows(200 * 8);
  for (auto& value : rows) value = static_cast<float>(rng.normal());
  write_npy(folder / "x.npy", rows, {200, 8});
  return "npy:" + (folder / "x.npy").string();
}

bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2");
#else
  return false;
#endif
}

TEST(Program, OldKernelsAreNamedWithTheirCost) {
  if (!has_avx2()) GTEST_SKIP() << "this CPU has no kernels newer than Prescott's";
  if (json::parse(shell(kProgram + " doctor --json").out)["blas_core"] == "MKL")
    GTEST_SKIP() << "this LibTorch multiplies with MKL, which OPENBLAS_CORETYPE does not touch";
  const auto outcome = shell("OPENBLAS_CORETYPE=PRESCOTT " + kProgram + " doctor --json");
  EXPECT_EQ(outcome.status, 1);
  const auto report = json::parse(outcome.out);
  ASSERT_FALSE(report["problems"].empty());
  EXPECT_THAT(report["problems"][0].get<std::string>(), HasSubstr("Prescott"));
  EXPECT_THAT(report["problems"][0].get<std::string>(), HasSubstr("GFLOP/s where"));
}

TEST(Program, VerifyResumeKillsFiveTimesAndFindsEqualBits) {
  const test::TempFolder folder;
  const auto outcome = shell(kProgram + " verify resume --data " + noise_rows(folder) +
                             " --encoder mlp --batch 32 --steps 120 --json 2>/dev/null");
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  const auto report = json::parse(outcome.out);
  EXPECT_TRUE(report["equal"]);
  EXPECT_EQ(report["kills"], 5);
}

TEST(Program, TermSavesAndStopsAndResumeFinishes) {
  const test::TempFolder folder;
  const auto run = (folder / "run").string();
  const auto stopped = shell("timeout -s TERM 4 " + kProgram + " train --data " + noise_rows(folder) +
                             " --encoder mlp --batch 32 --steps 1000000 --out " + run + " 2>&1; echo status $?");
  EXPECT_THAT(stopped.out, HasSubstr("continue with: kindred train --resume"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/checkpoints"));
  EXPECT_FALSE(std::filesystem::exists(folder / "run/model.safetensors"));
}

TEST(Program, StdoutThatCannotBeWrittenIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_EQ(shell(kProgram + " list --json > /dev/full 2>/dev/null").status, 2);
}

}  // namespace
}  // namespace kindred::cli
