// SPDX-License-Identifier: Apache-2.0
// Settings as typed: dotted names with a value and where it was written, from TOML files and from flags.
//
// The path of a setting: Config (what was typed, with its origin) -> apply() onto the fields of options structs (checked)
// -> toml_text() of the resolved options (what config.toml in a run directory holds).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/core/json_fwd.h"

namespace kindred {

struct Setting {
  using Scalar = std::variant<bool, int64_t, double, std::string>;
  std::variant<bool, int64_t, double, std::string, std::vector<Scalar>> value;
  std::string origin;  // "run.toml:12", "--set", "--temperature"
  std::string typed;   // of a flag: its words as they stood; a text field takes these even where they read as a number
};

// The value as one word of a command line: --name WORD means the same setting again.
std::string setting_word(const Setting& setting);

class Config {
 public:
  // Throws IoError (unreadable) or InvalidArgument with file and line (not TOML).
  static Config from_toml_file(const std::filesystem::path& path);
  static Config from_toml(std::string_view text, const std::string& origin);
  // {"loss": {"temperature": 0.1}} or {"loss.temperature": 0.1}. Throws InvalidArgument.
  static Config from_json(const Json& json, const std::string& origin);

  // Sets name to what text means as a TOML value, or to the text itself where it is none ("simclr" needs no quotes).
  void set(std::string_view name, std::string_view text, const std::string& origin);
  // Sets name to text as it is, whatever it looks like.
  void set_text(std::string_view name, std::string_view text, const std::string& origin);
  void put(const std::string& name, Setting setting) { settings_[name] = std::move(setting); }
  // "a.b=v". Throws InvalidArgument where there is no '='.
  void set_assignment(std::string_view assignment, const std::string& origin);
  // The settings of other win.
  void merge(const Config& other);

  bool has(std::string_view name) const { return settings_.contains(std::string(name)); }
  const std::map<std::string, Setting>& settings() const { return settings_; }

  // The settings that are among these fields, and the others: a command's own flags, and what it passes on.
  std::pair<Config, Config> split(std::span<const Field> fields) const;

  // The text of a string setting, or fallback where it is absent. Throws InvalidArgument where it is not text.
  std::string text_or(std::string_view name, std::string_view fallback) const;

  // Writes every setting into the field of its name. Throws InvalidArgument, one line that names key, value, what is
  // allowed, and the origin: unknown key (with the nearest names), wrong type, out of range.
  void apply(std::span<const Field> fields) const;

 private:
  std::map<std::string, Setting> settings_;
};

// The fields as TOML with sections, each preceded by its help as a comment where comments is true.
// Config::from_toml(toml_text(f)).apply(f') makes f' equal to f.
std::string toml_text(std::span<const Field> fields, bool comments = true);

// The fields as nested JSON; config_json(f) -> Config::from_json -> apply is the identity.
Json fields_json(std::span<const Field> fields);

}  // namespace kindred
