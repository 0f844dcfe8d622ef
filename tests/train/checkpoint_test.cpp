// SPDX-License-Identifier: Apache-2.0
// What is written is read back bit for bit; damage is noticed anywhere (a bit of every fifth byte is flipped); the pair
// keeps the two newest and falls back where the newest is damaged.
#include "kindred/train/checkpoint.h"

#include <gmock/gmock.h>
#include <torch/types.h>

#include <fstream>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/nn/safetensors.h"
#include "tests/support/temp_folder.h"

namespace kindred {
namespace {

using testing::HasSubstr;

Checkpoint some_checkpoint(int64_t step) {
  return {.step = step,
          .epoch = 2,
          .batch_index = 1,
          .dataset_size = 50,
          .metrics_bytes = 1234,
          .threads = 2,
          .config = "[run]\nsteps = 13\n",
          .loss_sum = 1.0 / 3,
          .interval_steps = 3,
          .last_loss = 0.1,
          .monitored = -1,
          .model = {{"encoder.weight", torch::arange(6, torch::kFloat32).view({2, 3}).t()},  // not contiguous
                    {"encoder.num_batches_tracked", torch::tensor(int64_t{7})}},
          .optimizer = {{"encoder.weight/momentum", torch::full({2, 3}, 0.1)},
                        {"step", torch::tensor(7.5, torch::kDouble)}}};
}

// Quicker than write_file, which waits for the disk.
void spill(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void expect_equal(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_EQ(a[i].second.scalar_type(), b[i].second.scalar_type());
    EXPECT_TRUE(torch::equal(a[i].second, b[i].second)) << a[i].first;
  }
}

TEST(Checkpoint, ReadsBack) {
  test::TempFolder folder;
  const auto saved = some_checkpoint(11);
  save_checkpoint(folder / "a.safetensors", saved);
  const auto loaded = load_checkpoint(folder / "a.safetensors");
  EXPECT_EQ(loaded.step, 11);
  EXPECT_EQ(loaded.epoch, 2);
  EXPECT_EQ(loaded.batch_index, 1);
  EXPECT_EQ(loaded.dataset_size, 50);
  EXPECT_EQ(loaded.metrics_bytes, 1234);
  EXPECT_EQ(loaded.threads, 2);
  EXPECT_EQ(loaded.config, saved.config);
  EXPECT_EQ(loaded.loss_sum, 1.0 / 3);
  EXPECT_EQ(loaded.interval_steps, 3);
  EXPECT_EQ(loaded.last_loss, 0.1);
  EXPECT_EQ(loaded.monitored, -1);
  expect_equal(loaded.model, saved.model);
  expect_equal(loaded.optimizer, saved.optimizer);
}

TEST(Checkpoint, ADamagedByteIsNoticedAnywhere) {
  test::TempFolder folder;
  const auto path = folder / "a.safetensors";
  save_checkpoint(path, some_checkpoint(11));
  const auto whole = read_file(path);
  for (size_t i = 0; i < whole.size(); i += 5) {
    auto damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    spill(path, damaged);
    // Bytes that mean nothing (spaces that pad the header) may change; what is read must then be the same.
    try {
      const auto loaded = load_checkpoint(path);
      expect_equal(loaded.model, some_checkpoint(11).model);
      EXPECT_EQ(loaded.step, 11) << "byte " << i;
    } catch (const Error&) {
    }
  }
}

TEST(Checkpoint, EveryTruncationIsNoticed) {
  test::TempFolder folder;
  const auto path = folder / "a.safetensors";
  save_checkpoint(path, some_checkpoint(11));
  const auto whole = read_file(path);
  for (size_t size = 0; size < whole.size(); size += 7) {
    spill(path, whole.substr(0, size));
    EXPECT_THROW(load_checkpoint(path), Corruption) << size;
  }
}

TEST(Checkpoint, AnotherSafetensorsFileIsNoCheckpoint) {
  test::TempFolder folder;
  save_tensors(folder / "a.safetensors", {.tensors = {{"x", torch::zeros(2)}}, .metadata = {}});
  EXPECT_THROW(load_checkpoint(folder / "a.safetensors"), Corruption);
}

TEST(Checkpoint, AFormatOfTheFutureIsRefused) {
  test::TempFolder folder;
  save_tensors(folder / "a.safetensors", {.tensors = {{"x", torch::zeros(2)}}, .metadata = {{"format", "2"}}});
  EXPECT_THROW(load_checkpoint(folder / "a.safetensors"), InvalidArgument);
}

TEST(CheckpointPair, KeepsTheTwoNewestInTurn) {
  test::TempFolder folder;
  CheckpointPair pair(folder.path());
  EXPECT_FALSE(pair.newest().has_value());
  for (const int64_t step : {5, 10, 15}) {
    pair.save(some_checkpoint(step));
    EXPECT_EQ(CheckpointPair(folder.path()).newest()->step, step);
  }
  EXPECT_EQ(load_checkpoint(folder / "a.safetensors").step, 15);
  EXPECT_EQ(load_checkpoint(folder / "b.safetensors").step, 10);
  EXPECT_EQ(pair.last(), folder / "a.safetensors");
}

TEST(CheckpointPair, AfterAResumeTheOlderOneIsOverwritten) {
  test::TempFolder folder;
  CheckpointPair pair(folder.path());
  for (const int64_t step : {5, 10}) pair.save(some_checkpoint(step));
  CheckpointPair again(folder.path());
  again.newest();
  again.save(some_checkpoint(12));
  EXPECT_EQ(load_checkpoint(folder / "a.safetensors").step, 12);
  EXPECT_EQ(load_checkpoint(folder / "b.safetensors").step, 10);
}

TEST(CheckpointPair, FallsBackFromADamagedNewest) {
  test::TempFolder folder;
  CheckpointPair pair(folder.path());
  for (const int64_t step : {5, 10}) pair.save(some_checkpoint(step));
  auto bytes = read_file(folder / "b.safetensors");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);  // in the last tensor: only the checksum can tell
  write_file(folder / "b.safetensors", bytes);
  std::vector<std::string> messages;
  CheckpointPair again(folder.path());
  const auto found = again.newest([&](const std::string& text) { messages.push_back(text); });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->step, 5);
  EXPECT_THAT(messages, testing::ElementsAre(HasSubstr("b.safetensors")));
  again.save(some_checkpoint(6));  // over the damaged one
  EXPECT_EQ(load_checkpoint(folder / "b.safetensors").step, 6);
  EXPECT_EQ(load_checkpoint(folder / "a.safetensors").step, 5);
}

TEST(CheckpointPair, OnlyDamagedOnesIsAnError) {
  test::TempFolder folder;
  CheckpointPair(folder.path()).save(some_checkpoint(5));
  write_file(folder / "a.safetensors", "");
  EXPECT_THROW(CheckpointPair(folder.path()).newest(), Corruption);
}

}  // namespace
}  // namespace kindred
