// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/command.h"

#include <algorithm>
#include <array>
#include <exception>

#include "kindred/core/error.h"
#include "kindred/core/names.h"
#include "kindred/core/version.h"

namespace kindred::cli {
namespace {

constexpr std::array kCommands{
    Command{"train", "train an encoder on unlabelled or labelled data", run_train},
    Command{"eval", "judge an encoder, or given embeddings, by named protocols", run_eval},
    Command{"report", "hold a run against pixels and random weights; write its report.html", run_report},
    Command{"embed", "write the embeddings of a data set to .npy files", run_embed},
    Command{"loss", "a loss on tensors in .npy files: value, gradients, time and memory", run_loss},
    Command{"list", "what there is: methods, encoders, losses, datasets, augmentations, protocols", run_list},
    Command{"verify", "prove a promise on this machine: resume, loss", run_verify},
    Command{"doctor", "this machine's set-up, and what is wrong with it or with a run", run_doctor},
    Command{"completion", "shell completion for bash, zsh or fish", run_completion},
};

void print_overview(std::ostream& out) {
  out << "kindred " << kVersion << ": learns representations that put kindred things together\n\n"
      << "usage: kindred COMMAND [flags]\n\n";
  for (const auto& command : kCommands)
    out << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary << "\n";
  out << "\nexample:\n  kindred train --method simclr --data fashion-mnist --encoder convnet --epochs 5 --out run\n"
      << "\nEvery command has --help. Exit status: 0 done, 1 the answer is \"no\", 2 error.\n";
}

// One line, whatever a library put into its message.
std::string first_line(std::string text) {
  const auto end = text.find('\n');
  if (end != std::string::npos) text.resize(end);
  return text;
}

int dispatch(Arguments arguments, Io& io) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    print_overview(arguments.empty() ? io.err : io.out);
    return arguments.empty() ? 2 : 0;
  }
  if (arguments[0] == "--version") {
    io.out << "kindred " << kVersion << "\n";
    return 0;
  }
  const auto found = std::find_if(kCommands.begin(), kCommands.end(),
                                  [&](const Command& command) { return command.name == arguments[0]; });
  if (found == kCommands.end()) {
    std::vector<std::string> names;
    for (const auto& command : kCommands) names.emplace_back(command.name);
    throw InvalidArgument(unknown_name("kindred", "a command", arguments[0], names));
  }
  return found->run(arguments.subspan(1), io);
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

int run(Arguments arguments, Io& io) {
  try {
    const int status = dispatch(arguments, io);
    io.out.flush();
    if (!io.out) throw Error("stdout: cannot write");
    return status;
  } catch (const Error& error) {
    io.err << "error: " << first_line(error.what()) << "\n";
  } catch (const std::bad_alloc&) {
    io.err << "error: out of memory\n";
  } catch (const std::exception& error) {
    io.err << "error: " << first_line(error.what()) << "\n";
  }
  return 2;
}

}  // namespace kindred::cli
