// SPDX-License-Identifier: Apache-2.0
// A model: an encoder with all it needs to be used elsewhere, in one file.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "kindred/core/config.h"
#include "kindred/data/preprocess.h"
#include "kindred/nn/encoder.h"

namespace kindred {

struct Model {
  std::string encoder_name;     // a name of the registry
  std::string encoder_options;  // TOML of the encoder's fields
  Preprocess preprocess;
  EncoderPtr encoder;
  std::map<std::string, std::string> provenance;  // "method", "data", "command", "steps", "kindred_version", ...
};

// A model with fresh weights. config holds the encoder's own options ("width", ...). Throws InvalidArgument.
Model make_model(const std::string& encoder_name, const Config& config, const Preprocess& preprocess, uint64_t seed);

// Writes weights, architecture, preprocessing and golden embeddings: the representation of four synthetic inputs that the
// counter generator makes from a seed in the file (docs/formats/model.md).
void save_model(const std::filesystem::path& path, const Model& model);

// Loads and checks: the golden inputs are embedded again and compared (relative to each row's norm, 1e-4). Throws IoError,
// Corruption; a mismatch says how far off it was. path may be the file or a run directory that holds model.safetensors.
Model load_model(const std::filesystem::path& path);

}  // namespace kindred
