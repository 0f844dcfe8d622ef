// SPDX-License-Identifier: Apache-2.0
#include "kindred/nn/golden.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/core/json_fwd.h"
#include "kindred/core/rng.h"
#include "kindred/nn/eval_guard.h"

namespace kindred {
namespace {

constexpr int64_t kInputs = 4;

}  // namespace

torch::Tensor golden_inputs(const InputShape& shape, uint64_t seed) {
  auto sizes = shape;
  sizes.insert(sizes.begin(), kInputs);
  auto inputs = torch::empty(sizes, torch::kFloat32);
  const int64_t per_row = inputs.numel() / kInputs;
  float* out = inputs.data_ptr<float>();
  for (int64_t row = 0; row < kInputs; ++row) {
    CounterRng rng(seed, RngOp::kGolden, static_cast<uint64_t>(row));
    for (int64_t i = 0; i < per_row; ++i) *out++ = static_cast<float>(rng.normal());
  }
  return inputs;
}

Golden make_golden(Encoder& encoder, const InputShape& shape, uint64_t seed) {
  const EvalGuard eval(encoder);
  auto inputs = golden_inputs(shape, seed);
  if (const auto parameters = encoder.parameters(); !parameters.empty()) inputs = inputs.to(parameters[0].device());
  return {seed, encoder.forward(inputs).to(torch::kCPU, torch::kFloat32).contiguous()};
}

std::string golden_text(const Golden& golden) {
  std::string text = "{\"seed\":" + std::to_string(golden.seed) + ",\"embeddings\":[";
  const float* value = golden.embeddings.data_ptr<float>();
  for (int64_t row = 0; row < golden.embeddings.size(0); ++row) {
    text += row ? ",[" : "[";
    for (int64_t i = 0; i < golden.embeddings.size(1); ++i) {
      char buffer[32];
      const auto end = std::to_chars(buffer, buffer + sizeof buffer, *value++).ptr;
      if (i) text += ',';
      text.append(buffer, end);
    }
    text += ']';
  }
  return text + "]}";
}

Golden parse_golden(const std::string& text, int64_t dims) {
  const auto json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto bad = [](const std::string& what) { check(false, "golden embeddings: expected ", what); };
  if (!json.is_object() || !json.contains("seed") || !json["seed"].is_number_unsigned()) bad("a seed, got none");
  if (!json.contains("embeddings") || !json["embeddings"].is_array() || json["embeddings"].size() != size_t{kInputs})
    bad("four rows, got another number");
  Golden golden{json["seed"].get<uint64_t>(), torch::empty({kInputs, dims}, torch::kFloat32)};
  float* out = golden.embeddings.data_ptr<float>();
  for (const auto& row : json["embeddings"]) {
    if (!row.is_array() || row.size() != static_cast<size_t>(dims))
      bad(concat("rows of ", dims, " numbers, got others"));
    for (const auto& value : row) {
      if (!value.is_number() || !std::isfinite(static_cast<float>(value.get<double>())))
        bad("finite numbers, got others");
      *out++ = static_cast<float>(value.get<double>());
    }
  }
  return golden;
}

GoldenGap golden_gap(const torch::Tensor& then, const torch::Tensor& now) {
  constexpr double kSmallestNorm = 1e-6;  // rows below it (an encoder whose units are all dead) are held to this scale
  const auto a = then.to(torch::kFloat64), b = now.to(torch::kFloat64);
  const auto distances = (a - b).square().sum(1).sqrt(), norms = a.square().sum(1).sqrt();  // [4]
  GoldenGap worst;
  for (int64_t row = 0; row < a.size(0); ++row) {
    const double gap = distances[row].item<double>() / std::max(norms[row].item<double>(), kSmallestNorm);
    if (!(gap <= worst.gap)) worst = {gap, row};  // NaN counts as larger
    if (std::isnan(gap)) break;
  }
  return worst;
}

}  // namespace kindred
