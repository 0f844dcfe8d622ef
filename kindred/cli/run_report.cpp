// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/run_report.h"

#include <torch/version.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/core/version.h"
#include "kindred/nn/model.h"
#include "kindred/train/command.h"

namespace kindred::cli {
namespace {

struct CurveName {
  const char* key;
  const char* unit;
};
// In the order of the page. Timing figures come last.
constexpr CurveName kCurves[] = {{"loss", ""},
                                 {"lr", ""},
                                 {"std_sqrt_d", ""},
                                 {"effective_rank", "dimensions"},
                                 {"alignment", ""},
                                 {"uniformity", ""},
                                 {"grad_norm", ""},
                                 {"images_per_second", "images/s"},
                                 {"data_wait_share", "share of time"}};

void add_point(std::vector<ReportCurve>& curves, const std::string& name, const std::string& unit, double x, double y) {
  auto found = std::find_if(curves.begin(), curves.end(), [&](const auto& curve) { return curve.name == name; });
  if (found == curves.end()) found = curves.insert(curves.end(), {name, unit, {}});
  found->points.emplace_back(x, y);
}

void read_metrics(const std::filesystem::path& path, ReportData& report) {
  std::istringstream lines(read_file(path));
  int64_t number = 0;
  for (std::string text; std::getline(lines, text);) {
    ++number;
    const auto line = Json::parse(text, nullptr, false);
    if (line.is_discarded() || !line.contains("step"))
      throw Corruption(path.string(), -1, concat("line ", number, ": expected a JSON object with a step"));
    const double step = line["step"].get<double>();
    for (const auto& curve : kCurves)
      if (line.contains(curve.key) && line[curve.key].is_number())
        add_point(report.curves, curve.key, curve.unit, step, line[curve.key].get<double>());
    if (line.contains("monitor"))
      for (const auto& [name, value] : line["monitor"].items())
        add_point(report.curves, "monitor " + name, "", step, value.get<double>());
    if (!line.contains("warnings")) continue;
    for (const auto& warning : line["warnings"]) {
      const std::string sentence = warning.get<std::string>();
      if (std::find(report.warnings.begin(), report.warnings.end(), sentence) == report.warnings.end())
        report.warnings.push_back(sentence);
    }
  }
}

}  // namespace

std::string shell_command(std::string_view command, Arguments arguments) {
  std::string out = "kindred " + std::string(command);
  for (const auto& argument : arguments) out += " " + shell_quoted(argument);
  return out;
}

ReportData run_report_data(const std::filesystem::path& run) {
  ReportData report;
  report.title = std::filesystem::absolute(run).lexically_normal().filename().string();
  if (report.title.empty()) report.title = run.string();
  report.config_toml = read_file(run / "config.toml");
  read_metrics(run / "metrics.jsonl", report);
  const Model model = load_model(run);
  int64_t parameters = 0;
  for (const auto& parameter : model.encoder->parameters()) parameters += parameter.numel();
  report.facts = {{"encoder", concat(model.encoder_name, ", ", parameters, " parameters, ", model.encoder->out_dim(),
                                     " dimensions")}};
  for (const auto& [key, value] : model.provenance) report.facts.emplace_back(key, value);
  report.facts.emplace_back("LibTorch",
                            concat(TORCH_VERSION_MAJOR, ".", TORCH_VERSION_MINOR, ".", TORCH_VERSION_PATCH));
  if (std::filesystem::exists(run / "commands.txt")) {
    std::istringstream commands(read_file(run / "commands.txt"));
    for (std::string line; std::getline(commands, line);) report.commands.push_back(line);
  }
  return report;
}

void write_training_report(const std::filesystem::path& run) {
  write_report(run / "report.html", run_report_data(run));
}

}  // namespace kindred::cli
