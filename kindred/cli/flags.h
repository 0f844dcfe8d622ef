// SPDX-License-Identifier: Apache-2.0
// Command-line flags from fields: one list of names for TOML, flags and help. flags.cpp alone sees CLI11.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kindred/cli/command.h"
#include "kindred/core/config.h"

namespace kindred::cli {

struct FlagSpec {
  std::string_view command;  // "eval"
  std::string_view summary;  // one sentence
  std::string_view example;  // one or more lines of shell
  // Field names that are typed without a flag, in order: {"what"} for `list methods`.
  std::vector<std::string> positional = {};
  // Short flags for dotted names: {"encoder", "encoder.name"}.
  std::vector<std::pair<std::string, std::string>> aliases = {};
  // List fields whose values hold commas of their own: repeated flags only, each word as it is.
  std::vector<std::string> uncut = {};
  // Any further --dotted.name VALUE is passed on; the caller checks it against the fields it makes later.
  bool open = false;
};

// Flags are --name for every field, with '_' also typed as '-'; lists take commas. Returns the settings typed (origin:
// the flag), or nothing where --help was asked for: help has then been printed to io.out, followed by more_help().
// Throws InvalidArgument, one line.
std::optional<Config> parse_flags(const FlagSpec& spec, const std::vector<Field>& fields, Arguments arguments, Io& io,
                                  std::vector<Field> (*more_help)(const Config& typed) = nullptr);

// One line per field: "  --loss.temperature NUMBER   softmax temperature (> 0; default 0.5)".
std::string fields_help(const std::vector<Field>& fields);

}  // namespace kindred::cli
