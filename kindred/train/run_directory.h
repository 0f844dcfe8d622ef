// SPDX-License-Identifier: Apache-2.0
// The folder of a run: its paths, who may write to it, and how it begins. Page: docs/formats/run_directory.md.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kindred {

// Owner of a run's folder for as long as it lives: a second process that wants it is refused. Everything else about it is
// in the paths below.
class RunDirectory {
 public:
  // A new run: makes the folder, writes config.toml and the command as typed. Throws InvalidArgument where the folder holds
  // a run, IoError where it cannot be written; nothing that it made is left behind then.
  static RunDirectory create(const std::filesystem::path& folder, std::string_view config_toml,
                             std::string_view command = {});
  // A run that is there; files that a killed process left half-written are removed. Throws InvalidArgument where the
  // folder holds no run or another process is at it.
  static RunDirectory open(const std::filesystem::path& folder);
  // Takes a run back that create() made and that has not begun: its files, its folders where they are empty then.
  static void undo_create(const std::filesystem::path& folder, bool folder_was_there);
  // Throws InvalidArgument where the folder holds a run already.
  static void refuse_existing(const std::filesystem::path& folder);

  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path config() const { return folder_ / "config.toml"; }
  std::filesystem::path metrics() const { return folder_ / "metrics.jsonl"; }
  std::filesystem::path checkpoints() const { return folder_ / "checkpoints"; }
  std::filesystem::path model() const { return folder_ / "model.safetensors"; }
  std::filesystem::path events() const { return folder_ / "events"; }
  std::filesystem::path commands() const { return folder_ / "commands.txt"; }

  // Appends to commands.txt; nothing where command is empty. Throws IoError.
  void note_command(std::string_view command) const;

 private:
  explicit RunDirectory(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void lock();

  std::filesystem::path folder_;
  int lock_ = -1;  // descriptor of config.toml, under flock(2)
};

}  // namespace kindred
