// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/command.h"

#include <algorithm>
#include <array>

namespace kindred {
namespace {

constexpr std::array<std::string_view, 3> kMachineOptions{"loader.prefetch", "loader.workers", "run.checkpoint_every"};
// What the command names before it sets anything: --method, --data, --encoder, and the preset.
constexpr std::array<std::string_view, 4> kNamed{"data.train", "encoder.name", "method.name", "views.preset"};

// A field of a method that picks a row of a registry (metric's loss.name), and so which other fields there are.
bool is_pick(const Field& field) {
  return field.name.ends_with(".name") && std::holds_alternative<std::string*>(field.value);
}

// The options of a run that names the same method, data, encoder and preset and says no more.
TrainOptions bare(const TrainOptions& options) {
  Config config;
  config.set_text("method.name", options.method, "");
  config.set_text("encoder.name", options.encoder, "");
  config.set_text("views.preset", options.view_preset, "");
  for (const auto& field : options.method_recipe->fields())
    if (is_pick(field)) config.set_text(field.name, *std::get<std::string*>(field.value), "");
  auto plain = resolve(config);
  plain.data = options.data;
  return plain;
}

template <class Names>
bool listed(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string shell_quoted(const std::string& word) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=-+,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

bool is_machine_option(std::string_view name) { return listed(kMachineOptions, name); }

std::string reproducing_command(TrainOptions& options) {
  std::string out = "kindred train --method " + shell_quoted(options.method) + " --data " + shell_quoted(options.data) +
                    " --encoder " + shell_quoted(options.encoder);
  if (options.view_preset != find_method(options.method).view_preset)
    out += " --set views.preset=" + shell_quoted(options.view_preset);
  auto plain = bare(options);
  const auto defaults = plain.fields();
  const auto method = find_method(options.method).recipe();
  const auto chosen = options.method_recipe->fields();
  for (const auto& field : method->fields()) {
    const Field* now = find_field(chosen, field.name);
    if (!is_pick(field) || now == nullptr || value_text(now->value) == value_text(field.value)) continue;
    out += " --set " + shell_quoted(field.name + "=" + value_text(now->value));
  }
  for (const auto& field : options.fields()) {
    if (is_machine_option(field.name) || listed(kNamed, field.name)) continue;
    const Field* usual = find_field(defaults, field.name);
    const auto text = value_text(field.value);
    if (usual == nullptr || value_text(usual->value) != text) out += " --set " + shell_quoted(field.name + "=" + text);
  }
  return out;
}

std::string outcome_toml(TrainOptions& options) {
  auto fields = options.fields();
  std::erase_if(fields, [](const Field& field) { return is_machine_option(field.name); });
  return toml_text(fields, false);
}

}  // namespace kindred
