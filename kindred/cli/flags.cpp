// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/names.h"

namespace kindred::cli {
namespace {

std::string dashed(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string value_word(const Field& field) {
  static constexpr const char* kWords[] = {"", "N", "X", "TEXT", "X,X,...", "N,N,...", "TEXT,..."};
  return kWords[field.value.index()];
}

bool is_flag(const Field& field) { return std::holds_alternative<bool*>(field.value); }

std::string flag_names(const std::string& name) {
  return dashed(name) == name ? "--" + name : "--" + dashed(name) + ",--" + name;
}

std::string remark(const Field& field) {
  std::vector<std::string> parts;
  std::string choices;
  for (const auto& choice : field.choices) choices += (choices.empty() ? "" : ", ") + choice;
  if (!choices.empty()) parts.push_back("one of " + choices);
  if (std::isfinite(field.range.low) || std::isfinite(field.range.high)) parts.push_back(field.range.text());
  const auto shown = value_text(field.value);
  if (shown != "\"\"" && shown != "[]" && shown != "false") parts.push_back("default " + shown);
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? " (" : "; ") + part;
  return out.empty() ? out : out + ")";
}

void print_help(const FlagSpec& spec, const std::vector<Field>& fields, std::ostream& out) {
  out << "kindred " << spec.command << ": " << spec.summary << "\n\nusage: kindred " << spec.command;
  for (const auto& name : spec.positional) out << " " << name;
  out << " [flags]\n\n";
  if (!spec.aliases.empty()) {
    out << "short forms:";
    for (const auto& [flag, name] : spec.aliases) out << "  --" << flag << " = --" << name;
    out << "\n\n";
  }
  out << fields_help(fields) << "\nexample:\n";
  std::string_view example = spec.example;
  while (!example.empty()) {
    const auto end = std::min(example.find('\n'), example.size());
    out << "  " << example.substr(0, end) << "\n";
    example.remove_prefix(std::min(end + 1, example.size()));
  }
}

// The words that no declared flag took: --dotted.name VALUE or --dotted.name=VALUE.
void take_open_words(const FlagSpec& spec, const std::vector<std::string>& words, Config& config) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    check(word.starts_with("--") && word.size() > 2, "kindred ", spec.command, ": expected a flag, got ", word);
    const auto equals = word.find('=');
    std::string flag = word.substr(0, equals), value;
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
      value = words[++i];
    } else {
      value = "true";  // --schedule.nesterov: a switch
    }
    std::string name = flag.substr(2);
    std::replace(name.begin(), name.end(), '-', '_');
    config.set(name, value, flag);
  }
}

}  // namespace

std::string fields_help(const std::vector<Field>& fields) {
  std::ostringstream out;
  size_t width = 0;
  std::vector<std::string> heads;
  for (const auto& field : fields) {
    heads.push_back("  --" + dashed(field.name) + (is_flag(field) ? "" : " " + value_word(field)));
    width = std::max(width, std::min<size_t>(heads.back().size(), 34));
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    out << heads[i];
    if (heads[i].size() > width) out << "\n" << std::string(width, ' ');
    else out << std::string(width - heads[i].size(), ' ');
    out << "  " << fields[i].help << remark(fields[i]) << "\n";
  }
  return out.str();
}

std::optional<Config> parse_flags(const FlagSpec& spec, const std::vector<Field>& fields, Arguments arguments, Io& io,
                                  std::vector<Field> (*more_help)(const Config& typed)) {
  Config config;
  const std::string who = "kindred " + std::string(spec.command);
  CLI::App app{std::string(spec.summary)};
  app.set_help_flag();
  app.allow_extras(true);  // reported by us, with the nearest names
  bool help = false;
  app.add_flag("-h,--help", help);
  const auto declare = [&](const std::string& flag, const Field& field) {
    const std::string name = field.name;
    if (is_flag(field)) {
      app.add_flag_callback(flag_names(flag), [&config, name, flag] { config.set(name, "true", "--" + flag); });
      return;
    }
    const bool text = field.value.index() == 3;
    const bool uncut = std::find(spec.uncut.begin(), spec.uncut.end(), name) != spec.uncut.end();
    app.add_option_function<std::vector<std::string>>(
           flag_names(flag),
           [&config, name, flag, text, uncut](const std::vector<std::string>& values) {
             const std::string origin = "--" + dashed(flag);
             // Text is taken as it is ("1e3" may be a folder); repeated flags make a list.
             if (text) config.set_text(name, values.back(), origin);
             else if (uncut)
               config.put(name, {.value = std::vector<Setting::Scalar>(values.begin(), values.end()),
                                 .origin = origin,
                                 .typed = {}});
             else config.set(name, values.size() == 1 ? values[0] : CLI::detail::join(values, ","), origin);
           })
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  for (const auto& field : fields) declare(field.name, field);
  for (const auto& [flag, name] : spec.aliases) {
    if (const Field* field = find_field(fields, name)) {
      declare(flag, *field);
    } else {  // a dotted name that the caller's fields will have later
      app.add_option_function<std::vector<std::string>>(
             flag_names(flag),
             [&config, target = name, origin = "--" + flag](const std::vector<std::string>& values) {
               config.set(target, values.back(), origin);
             })
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  for (size_t i = 0; i < spec.positional.size(); ++i) {
    app.add_option_function<std::string>(
        spec.positional[i],
        [&config, name = spec.positional[i]](const std::string& v) { config.set_text(name, v, name); });
  }
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    throw InvalidArgument(who + ": " + error.what());
  }
  const auto extras = app.remaining();
  if (spec.open) {
    take_open_words(spec, extras, config);
  } else if (!extras.empty() && !help) {
    std::vector<std::string> names;
    for (const auto& field : fields) names.push_back("--" + dashed(field.name));
    throw InvalidArgument(unknown_name(who, "a flag", extras[0], names));
  }
  if (help) {
    std::vector<Field> all = fields;
    if (more_help != nullptr)
      for (auto& field : more_help(config)) all.push_back(std::move(field));
    print_help(spec, all, io.out);
    return std::nullopt;
  }
  return config;
}

}  // namespace kindred::cli
