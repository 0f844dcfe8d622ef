// SPDX-License-Identifier: Apache-2.0
// A second process of this program, for `verify`: started, watched, killed.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kindred::cli {

class Child {
 public:
  // Starts this program with the arguments; stdout and stderr go to the file `log` (appended). Throws Error.
  Child(const std::vector<std::string>& arguments, const std::filesystem::path& log);
  ~Child();  // kills it where it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its wait status once it has ended; nothing while it runs.
  std::optional<int> poll();
  int wait();
  void kill();  // SIGKILL; then waits

 private:
  pid_t process_ = -1;
  std::optional<int> status_;
};

}  // namespace kindred::cli
