// SPDX-License-Identifier: Apache-2.0
// kindred completion: shell code that completes commands, flags and registry names.
#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/core/error.h"
#include "kindred/data/spec.h"
#include "kindred/eval/protocols.h"
#include "kindred/losses/registry.h"
#include "kindred/methods/method.h"
#include "kindred/nn/encoder.h"
#include "kindred/train/options.h"

namespace kindred::cli {
namespace {

struct CompletionFlags {
  std::string shell;
};
void visit_fields(FieldList& v, CompletionFlags& o) { v("shell", o.shell, "bash, zsh or fish"); }

template <class Rows>
std::string names(const Rows& rows) {
  std::string out;
  for (const auto& row : rows) out += (out.empty() ? "" : " ") + std::string(row.name);
  return out;
}

// What a command's own --help lists: the one place that knows its flags.
std::string flags_of(const Command& command) {
  std::ostringstream out, err;
  Io io{out, err};
  const std::vector<std::string> help{"--help"};
  command.run(help, io);
  std::istringstream lines(out.str());
  std::string flags = "--help";
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("  --")) flags += " " + line.substr(2, line.find(' ', 4) - 2);
  if (command.name == "train")
    flags += " --method --data --encoder --epochs --steps --batch --seed --lr --optimizer --views";
  return flags;
}

std::string all_flags() {
  std::string cases;
  for (const auto& command : commands())
    if (command.name != "completion")
      cases += "    " + std::string(command.name) + ") echo \"" + flags_of(command) + "\" ;;\n";
  return cases;
}

// Words that may follow a flag or a command, shared by all three shells through one POSIX function.
std::string word_function() {
  return "_kindred_words() {  # $1 command, $2 previous word\n"
         "  case \"$2\" in\n"
         "    --method|--method.name) echo \"" +
         names(method_rows()) +
         "\" ; return ;;\n"
         "    --encoder|--encoder.name) echo \"" +
         names(encoder_rows()) +
         "\" ; return ;;\n"
         "    --protocol) echo \"" +
         names(protocol_rows()) +
         "\" ; return ;;\n"
         "    --data|--train|--test|--eval-train|--eval-test) echo \"fashion-mnist/train fashion-mnist/test\" ; return "
         ";;\n"
         "    list) echo \"methods encoders losses datasets augmentations protocols\" ; return ;;\n"
         "    --name) echo \"" +
         names(loss_rows()) +
         "\" ; return ;;\n"
         "    verify) echo \"resume loss\" ; return ;;\n"
         "    completion) echo \"bash zsh fish\" ; return ;;\n"
         "  esac\n"
         "  case \"$1\" in\n" +
         all_flags() + "    *) echo \"" + names(commands()) +
         "\" ;;\n"
         "  esac\n"
         "}\n";
}

std::string bash_script() {
  return word_function() +
         "_kindred() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" command=\"\"\n"
         "  [ \"$COMP_CWORD\" -gt 1 ] && command=\"${COMP_WORDS[1]}\"\n"
         "  COMPREPLY=( $(compgen -W \"$(_kindred_words \"$command\" \"$previous\")\" -- \"$current\") )\n"
         "  [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=( $(compgen -f -- \"$current\") )\n"
         "}\n"
         "complete -o filenames -F _kindred kindred\n";
}

std::string zsh_script() {
  return "#compdef kindred\n" + word_function() +
         "_kindred() {\n"
         "  local command=\"\"\n"
         "  [ \"$CURRENT\" -gt 2 ] && command=\"${words[2]}\"\n"
         "  compadd -- ${(z)$(_kindred_words \"$command\" \"${words[CURRENT-1]}\")}\n"
         "  _files\n"
         "}\n"
         "compdef _kindred kindred\n";
}

std::string fish_script() {
  std::string out = "complete -c kindred -n __fish_use_subcommand -f -a '" + names(commands()) + "'\n";
  for (const auto& command : commands()) {
    if (command.name == "completion") continue;
    std::istringstream flags(flags_of(command));
    for (std::string flag; flags >> flag;)
      out += "complete -c kindred -n '__fish_seen_subcommand_from " + std::string(command.name) + "' -l " +
             flag.substr(2) + "\n";
  }
  out += "complete -c kindred -n '__fish_seen_subcommand_from train' -l method -x -a '" + names(method_rows()) + "'\n";
  out +=
      "complete -c kindred -n '__fish_seen_subcommand_from train' -l encoder -x -a '" + names(encoder_rows()) + "'\n";
  out +=
      "complete -c kindred -n '__fish_seen_subcommand_from list' -f -a 'methods encoders losses datasets augmentations "
      "protocols'\n";
  out +=
      "complete -c kindred -n '__fish_seen_subcommand_from loss verify' -l name -x -a '" + names(loss_rows()) + "'\n";
  out += "complete -c kindred -n '__fish_seen_subcommand_from verify' -f -a 'resume loss'\n";
  out += "complete -c kindred -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n";
  return out;
}

}  // namespace

int run_completion(Arguments arguments, Io& io) {
  CompletionFlags flags;
  const auto fields = fields_of(flags);
  const auto typed = parse_flags({.command = "completion",
                                  .summary = "print shell code that completes commands, flags and names",
                                  .example = "source <(kindred completion bash)\n"
                                             "kindred completion zsh > ~/.zfunc/_kindred\n"
                                             "kindred completion fish > ~/.config/fish/completions/kindred.fish",
                                  .positional = {"shell"}},
                                 fields, arguments, io);
  if (!typed) return 0;
  typed->apply(fields);
  if (flags.shell == "bash") io.out << bash_script();
  else if (flags.shell == "zsh") io.out << zsh_script();
  else if (flags.shell == "fish") io.out << fish_script();
  else throw InvalidArgument("kindred completion: expected bash, zsh or fish, got \"" + flags.shell + "\"");
  return 0;
}

}  // namespace kindred::cli
