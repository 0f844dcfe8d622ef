// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "kindred/core/error.h"

namespace kindred::cli {

Child::Child(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  std::vector<std::string> words{"kindred"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const std::string path = log.string();
  process_ = ::fork();
  if (process_ < 0) throw Error("cannot start a process: " + errno_text(errno));
  if (process_ == 0) {
    const int out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (out >= 0) {
      ::dup2(out, STDOUT_FILENO);
      ::dup2(out, STDERR_FILENO);
    }
    ::execv("/proc/self/exe", pointers.data());
    ::_exit(127);
  }
}

Child::~Child() {
  if (!poll()) kill();
}

std::optional<int> Child::poll() {
  int status = 0;
  if (!status_ && ::waitpid(process_, &status, WNOHANG) == process_) status_ = status;
  return status_;
}

int Child::wait() {
  int status = 0;
  while (!status_) {
    if (::waitpid(process_, &status, 0) == process_) status_ = status;
    else if (errno != EINTR) throw Error("cannot wait for a process: " + errno_text(errno));
  }
  return *status_;
}

void Child::kill() {
  ::kill(process_, SIGKILL);
  wait();
}

}  // namespace kindred::cli
