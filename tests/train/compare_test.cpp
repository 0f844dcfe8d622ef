// SPDX-License-Identifier: Apache-2.0
// That equal runs are found equal is shown in trainer_test and resume_test; here: each kind of difference is seen.
#include "kindred/train/compare.h"

#include <gmock/gmock.h>

#include "kindred/core/file.h"
#include "kindred/train/checkpoint.h"
#include "kindred/train/trainer.h"
#include "tests/support/temp_folder.h"
#include "tests/train/toy_runs.h"

namespace kindred {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(RunDifferences, EachKindIsNamed) {
  test::TempFolder temp;
  const auto a = temp / "a", b = temp / "b";
  train(test::toy_options(test::toy_vectors(temp / "x.npy")), a, {});
  const auto copy = [&] {
    std::filesystem::remove_all(b);
    std::filesystem::copy(a, b, std::filesystem::copy_options::recursive);
  };
  copy();
  EXPECT_THAT(run_differences(a, b), IsEmpty());

  write_file(b / "model.safetensors", read_file(b / "model.safetensors") + " ");
  EXPECT_THAT(run_differences(a, b), ElementsAre(HasSubstr("model.safetensors")));

  copy();
  auto text = read_file(b / "metrics.jsonl");
  text.replace(text.find("\"loss\":"), 8, "\"loss\":9");
  write_file(b / "metrics.jsonl", text);
  EXPECT_THAT(run_differences(a, b), ElementsAre(HasSubstr("line 1 of metrics.jsonl")));

  copy();
  CheckpointPair pair(b / "checkpoints");
  auto checkpoint = pair.newest();
  auto& [name, tensor] = checkpoint->optimizer.front();
  tensor.view(-1)[0] += 1e-6;
  save_checkpoint(pair.last(), *checkpoint);
  EXPECT_THAT(run_differences(a, b), ElementsAre(HasSubstr(name)));
}

}  // namespace
}  // namespace kindred
