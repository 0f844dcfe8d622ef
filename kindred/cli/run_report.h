// SPDX-License-Identifier: Apache-2.0
// From a run directory to its report: reads metrics.jsonl, config.toml and the model; gathers the figures.
#pragma once

#include <filesystem>
#include <string>

#include "kindred/cli/command.h"
#include "kindred/report/report.h"

namespace kindred::cli {

// "kindred train --method simclr 'a b'", quoted so that a shell reads it back.
std::string shell_command(std::string_view command, Arguments arguments);

// Curves, facts, settings and warnings of a run; no evaluation. Throws IoError, Corruption.
ReportData run_report_data(const std::filesystem::path& run);

// What `kindred train` writes at its end: the page without an evaluation.
void write_training_report(const std::filesystem::path& run);

}  // namespace kindred::cli
