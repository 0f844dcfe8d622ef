// SPDX-License-Identifier: Apache-2.0
// The program: sets the process up, then runs one command.
#include <unistd.h>

#include <iostream>

#include "kindred/cli/command.h"
#include "kindred/cli/machine.h"

int main(int argc, char** argv) {
  kindred::cli::prepare_process(argv);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  kindred::cli::Io io{std::cout, std::cerr, ::isatty(STDERR_FILENO) != 0};
  return kindred::cli::run(arguments, io);
}
