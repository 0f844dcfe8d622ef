// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <utility>

#include "kindred/core/error.h"
#include "kindred/core/file.h"

namespace kindred {
namespace {

namespace fs = std::filesystem;

// AtomicFile's leftovers ("x.tmp-PID-N") of a process that was killed while it wrote.
void remove_half_written(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().find(".tmp-") != std::string::npos) fs::remove(entry.path(), ignored);
}

}  // namespace

void RunDirectory::refuse_existing(const fs::path& folder) {
  std::error_code ignored;
  for (const char* name : {"config.toml", "commands.txt", "metrics.jsonl", "model.safetensors",
                           "checkpoints/a.safetensors", "checkpoints/b.safetensors"})
    check(!fs::exists(folder / name, ignored),
          "train: expected a folder without a run (continue one with --resume), got ", folder.string(),
          ", which holds ", name);
}

RunDirectory RunDirectory::create(const fs::path& folder, std::string_view config_toml, std::string_view command) {
  refuse_existing(folder);
  RunDirectory run(folder);
  std::error_code ignored;
  const bool was_there = fs::exists(folder, ignored);
  try {
    make_folder(run.checkpoints());
    make_folder(run.events());
    remove_half_written(folder);
    write_file(run.config(), config_toml);
    run.note_command(command);
    run.lock();
  } catch (...) {
    undo_create(folder, was_there);
    throw;
  }
  return run;
}

void RunDirectory::undo_create(const fs::path& folder, bool folder_was_there) {
  const RunDirectory run(folder);
  for (const auto& file : {run.config(), run.commands(), run.metrics()}) ::unlink(file.c_str());
  for (const auto& made : {run.checkpoints(), run.events()}) ::rmdir(made.c_str());
  if (!folder_was_there) ::rmdir(folder.c_str());
}

void RunDirectory::note_command(std::string_view command) const {
  if (!command.empty()) LineFile(commands(), -1).append(command);
}

RunDirectory RunDirectory::open(const fs::path& folder) {
  RunDirectory run(folder);
  std::error_code ignored;
  check(fs::exists(run.config(), ignored), "resume: expected the folder of a run, got ", folder.string(),
        ", which holds no config.toml");
  run.lock();
  make_folder(run.checkpoints());
  make_folder(run.events());
  for (const auto& each : {folder, run.checkpoints(), run.events()}) remove_half_written(each);
  return run;
}

void RunDirectory::lock() {
  lock_ = ::open(config().c_str(), O_RDONLY | O_CLOEXEC);
  if (lock_ < 0) throw IoError(config().string(), "cannot open: " + errno_text(errno));
  // Where the file system knows no locks, the run goes on without one.
  const bool taken = ::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  check(!taken, "train: expected ", folder_.string(), " to be free, got one that another process is training in");
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::exchange(other.lock_, -1)) {}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace kindred
