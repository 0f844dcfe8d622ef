// SPDX-License-Identifier: Apache-2.0
// Saving and loading. The file: docs/formats/model.md.
#include "kindred/nn/model.h"

#include <c10/util/Exception.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "kindred/core/error.h"
#include "kindred/nn/golden.h"
#include "kindred/nn/safetensors.h"
#include "kindred/nn/split_encoder.h"

namespace kindred {
namespace {

constexpr const char* kVersionKey = "kindred_model";
constexpr const char* kVersion = "1";
constexpr const char* kProvenance = "provenance.";  // prefix of its keys
constexpr uint64_t kGoldenSeed = 20;
constexpr double kTolerance = 1e-4;  // of a row's norm

using Named = std::vector<std::pair<std::string, torch::Tensor>>;

// Parameters, then buffers.
Named weights_of(const torch::nn::Module& module) {
  Named all;
  for (const auto& item : module.named_parameters()) all.emplace_back(item.key(), item.value().detach());
  for (const auto& item : module.named_buffers()) all.emplace_back(item.key(), item.value().detach());
  return all;
}

void check_finite(const std::string& name, const torch::Tensor& tensor) {
  if (!tensor.is_floating_point() || torch::isfinite(tensor).all().item<bool>()) return;
  throw NonFinite("save_model: expected finite weights, got NaN or infinity in \"" + name + "\"");
}

std::string shape_text(const InputShape& shape) { return Json(shape).dump(); }

EncoderPtr build_encoder(const std::string& name, const Config& options, const Preprocess& preprocess,
                         std::string* resolved) {
  const auto recipe = find_encoder(name).recipe();
  const auto fields = recipe->fields();
  options.apply(fields);
  if (resolved) *resolved = toml_text(fields, /*comments=*/false);
  return encoder_for(*recipe, preprocess);
}

// What load_model knows of the file it reads.
struct Source {
  std::string path;
  std::map<std::string, std::string> metadata;

  [[noreturn]] void fail(const std::string& what) const { throw Corruption(path, -1, what); }

  const std::string& text(const std::string& key) const {
    const auto found = metadata.find(key);
    if (found == metadata.end()) fail("expected the metadata \"" + key + "\", got none");
    return found->second;
  }
};

void check_version(const Source& source) {
  if (!source.metadata.contains(kVersionKey))
    source.fail("expected a kindred model, got a safetensors file without its metadata");
  const auto& version = source.text(kVersionKey);
  if (version != kVersion) source.fail(concat("expected a model of format ", kVersion, ", got ", version));
}

Preprocess parse_preprocess(const Source& source) {
  const auto json = Json::parse(source.text("preprocess"), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) source.fail("expected preprocess to be a JSON object, got something else");
  Preprocess preprocess;
  Config::from_json(json, source.path + " (preprocess)").apply(fields_of(preprocess));
  return preprocess;
}

// The encoder that the metadata describes, with fresh weights. Whatever is wrong with it is the file's fault.
Model build(const Source& source) {
  Model model;
  try {
    model.encoder_name = source.text("encoder");
    model.preprocess = parse_preprocess(source);
    const auto options = Config::from_toml(source.text("encoder_options"), source.path + " (encoder_options)");
    const auto shape = input_shape(model.preprocess);
    if (source.text("input_shape") != shape_text(shape))
      source.fail(
          concat("expected input_shape ", shape_text(shape), " as in preprocess, got ", source.text("input_shape")));
    model.encoder = build_encoder(model.encoder_name, options, model.preprocess, &model.encoder_options);
  } catch (const InvalidArgument& error) {
    source.fail(error.what());
  } catch (const c10::Error& error) {
    source.fail(std::string("cannot build the encoder: ") + error.what_without_backtrace());
  }
  if (source.text("out_dim") != std::to_string(model.encoder->out_dim()))
    source.fail(concat("expected out_dim ", model.encoder->out_dim(), ", got ", source.text("out_dim")));
  for (const auto& [key, value] : source.metadata)
    if (key.starts_with(kProvenance)) model.provenance[key.substr(std::string_view(kProvenance).size())] = value;
  return model;
}

void load_weights(Encoder& encoder, const TensorFile& file, const Source& source) {
  std::map<std::string, torch::Tensor> given(file.tensors.begin(), file.tensors.end());
  torch::NoGradGuard no_grad;
  for (auto& [name, weight] : weights_of(encoder)) {
    const auto found = given.find(name);
    if (found == given.end()) source.fail("expected a tensor \"" + name + "\", got none");
    const auto& value = found->second;
    if (value.sizes() != weight.sizes() || value.scalar_type() != weight.scalar_type())
      source.fail(concat("expected \"", name, "\" of shape ", weight.sizes(), " ", weight.scalar_type(), ", got ",
                         value.sizes(), " ", value.scalar_type()));
    weight.copy_(value);
    given.erase(found);
  }
  if (!given.empty()) source.fail("expected only the encoder's tensors, got also \"" + given.begin()->first + "\"");
}

void check_golden(Model& model, const Source& source) {
  Golden then;
  try {
    then = parse_golden(source.text("golden"), model.encoder->out_dim());
  } catch (const InvalidArgument& error) {
    source.fail(error.what());
  }
  const auto now = make_golden(*model.encoder, input_shape(model.preprocess), then.seed);
  const auto worst = golden_gap(then.embeddings, now.embeddings);
  if (!(worst.gap <= kTolerance))
    source.fail(concat("expected golden embeddings within ", kTolerance, " of their norm, got row ", worst.row,
                       " off by ", worst.gap, ": the weights or the code that runs them have changed"));
}

}  // namespace

Model make_model(const std::string& encoder_name, const Config& config, const Preprocess& preprocess, uint64_t seed) {
  Model model{
      .encoder_name = encoder_name, .encoder_options = {}, .preprocess = preprocess, .encoder = {}, .provenance = {}};
  model.encoder = build_encoder(encoder_name, config, preprocess, &model.encoder_options);
  init_weights(*model.encoder, seed);
  return model;
}

void save_model(const std::filesystem::path& path, const Model& model) {
  check(model.encoder != nullptr, "save_model: expected a model with an encoder, got none");
  TensorFile file{.tensors = weights_of(*model.encoder), .metadata = {}};
  for (const auto& [name, tensor] : file.tensors) check_finite(name, tensor);
  const auto shape = input_shape(model.preprocess);
  const auto golden = make_golden(*model.encoder, shape, kGoldenSeed);
  if (!torch::isfinite(golden.embeddings).all().item<bool>())
    throw NonFinite("save_model: expected finite golden embeddings, got NaN or infinity");

  auto preprocess = model.preprocess;
  file.metadata = {{kVersionKey, kVersion},
                   {"encoder", model.encoder_name},
                   {"encoder_options", model.encoder_options},
                   {"preprocess", fields_json(fields_of(preprocess)).dump()},
                   {"input_shape", shape_text(shape)},
                   {"out_dim", std::to_string(model.encoder->out_dim())},
                   {"golden", golden_text(golden)}};
  for (const auto& [key, value] : model.provenance) file.metadata[kProvenance + key] = value;
  save_tensors(path, file);
}

Model load_model(const std::filesystem::path& path) {
  const auto file_path = std::filesystem::is_directory(path) ? path / "model.safetensors" : path;
  const auto file = load_tensors(file_path);
  const Source source{file_path.string(), file.metadata};
  check_version(source);
  auto model = build(source);
  load_weights(*model.encoder, file, source);
  check_golden(model, source);
  return model;
}

}  // namespace kindred
