// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/verify_loss.h"

#include <iomanip>
#include <nlohmann/json.hpp>

#include "kindred/cli/progress.h"
#include "kindred/core/error.h"
#include "kindred/losses/registry.h"

namespace kindred::cli {
namespace {

Json error_json(const AgreementError& error) {
  return {{"worst", error.worst}, {"limit", error.limit}, {"cases", error.compared}, {"where", error.where}};
}

Json agreement_json(const LossAgreement& result) {
  Json out = {{"name", result.loss}, {"fused", result.has_fused}, {"agrees", result.agrees()}};
  if (!result.has_fused) return out;
  out["float32"] = error_json(result.single);
  out["float32_cold"] = error_json(result.cold);
  out["float64"] = error_json(result.exact);
  out["refused"] = result.refused;
  out["failures"] = result.failures;
  return out;
}

std::string error_text(const char* name, const AgreementError& error) {
  std::ostringstream out;
  out << std::setprecision(2) << name << " " << error.worst << " (limit " << error.limit << ")";
  return out.str();
}

std::vector<const LossRow*> rows_named(const std::vector<std::string>& names) {
  std::vector<const LossRow*> rows;
  for (const auto& name : names) rows.push_back(&find_loss(name));
  if (names.empty())
    for (const auto& row : loss_rows()) rows.push_back(&row);
  return rows;
}

}  // namespace

void print_agreement(const LossAgreement& result, std::ostream& out) {
  out << std::left << std::setw(22) << result.loss << std::right;
  if (!result.has_fused) {
    out << "composite only\n";
    return;
  }
  out << (result.agrees() ? "agrees   " : "DIFFERS  ") << error_text("float32", result.single);
  if (result.cold.compared > 0) out << ", " << error_text("at 0.01", result.cold);
  out << ", " << error_text("float64", result.exact) << ", "
      << result.single.compared + result.cold.compared + result.exact.compared << " cases";
  if (result.refused > 0) out << ", " << result.refused << " composite only";
  out << "\n";
  for (const auto& failure : result.failures) out << "  " << failure << "\n";
}

int verify_loss(const std::vector<std::string>& names, const AgreementOptions& options, bool json, Io& io) {
  Progress progress(io, "verify");
  bool agree = true;
  Json losses = Json::array();
  for (const LossRow* row : rows_named(names)) {
    if (json) progress.line(concat("comparing ", row->name));
    const LossAgreement result = loss_agreement(*row, options);
    agree &= result.agrees();
    if (json) losses.push_back(agreement_json(result));
    else print_agreement(result, io.out);
  }
  if (json) io.out << Json{{"verify", "loss"}, {"agree", agree}, {"losses", losses}}.dump() << "\n";
  return agree ? 0 : 1;
}

}  // namespace kindred::cli
