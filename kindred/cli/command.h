// SPDX-License-Identifier: Apache-2.0
// A sub-command of the program: what was typed -> checked options -> library calls -> printed result.
//
// stdout is the result, stderr is for people. A command returns its exit status: 0 done, 1 the answer is "no", 2 error;
// errors are thrown and turned into one line and status 2 by run().
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kindred::cli {

struct Io {
  std::ostream& out;      // the result
  std::ostream& err;      // people
  bool terminal = false;  // err is a terminal: a progress bar may redraw its line
};

using Arguments = std::span<const std::string>;

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(Arguments arguments, Io& io);  // without the program's and the command's name
};
std::span<const Command> commands();  // in the order of --help

// The program without its process set-up: tests call it. Never throws.
int run(Arguments arguments, Io& io);

int run_train(Arguments arguments, Io& io);
int run_embed(Arguments arguments, Io& io);
int run_eval(Arguments arguments, Io& io);
int run_report(Arguments arguments, Io& io);
int run_loss(Arguments arguments, Io& io);
int run_list(Arguments arguments, Io& io);
int run_verify(Arguments arguments, Io& io);
int run_doctor(Arguments arguments, Io& io);
int run_completion(Arguments arguments, Io& io);

}  // namespace kindred::cli
