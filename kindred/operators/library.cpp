// SPDX-License-Identifier: Apache-2.0
// The losses as operators of LibTorch's dispatcher, for Python and for every other user of the engine:
//
//   torch.ops.load_library("libkindred_ops.so")
//   loss = torch.ops.kindred.nt_xent(z1, z2, 0.1)
//
// Each operator is made of differentiable tensor operations and has no kernel of its own for a device, so the gradient is
// autograd's. All of them go through the registry; what a signature leaves out is in `options`, JSON.
#include <torch/library.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kindred/core/config.h"
#include "kindred/core/error.h"
#include "kindred/losses/needs.h"
#include "kindred/losses/registry.h"
#include "kindred/ops/implementation.h"

namespace kindred {
namespace {

// The dispatcher's optional became the standard's in 2.4.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
template <class T>
using Optional = std::optional<T>;
#else
template <class T>
using Optional = c10::optional<T>;
#endif
using MaybeTensor = Optional<at::Tensor>;

at::Tensor or_none(const MaybeTensor& x) { return x.has_value() ? *x : at::Tensor(); }

using Value = decltype(Setting::value);
using Settings = std::vector<std::pair<const char*, Value>>;

at::Tensor loss_of(const std::string& name, const LossInputs& in, const Settings& settings,
                   const std::string& options) {
  const LossRow& row = find_loss(name);
  check_needs(row, in);
  const auto recipe = row.recipe();
  const auto fields = recipe->fields();
  Config config;
  for (const auto& [option, value] : settings) config.put(option, {.value = value, .origin = name, .typed = {}});
  if (options != "{}") {
    const Json json = Json::parse(options, nullptr, false);
    check(!json.is_discarded(), name, ": expected options as JSON, got ", options);
    config.merge(Config::from_json(json, name));
  }
  config.apply(fields);
  note_implementation(Implementation::kComposite);
  return recipe->make(in);
}

// A mistake of the caller is a ValueError in Python; other errors stay what they are.
at::Tensor run(const std::string& name, const LossInputs& in, const Settings& settings, const std::string& options) {
  try {
    return loss_of(name, in, settings, options);
  } catch (const InvalidArgument& error) {
    throw c10::ValueError({__func__, __FILE__, __LINE__}, error.what());
  }
}

at::Tensor any_loss(const std::string& name, const std::vector<at::Tensor>& views,
                    const Optional<std::vector<at::Tensor>>& targets, const MaybeTensor& labels, const MaybeTensor& ids,
                    const MaybeTensor& scores, const MaybeTensor& similar, const MaybeTensor& queue,
                    const MaybeTensor& queue_ids, const MaybeTensor& negatives, const MaybeTensor& prototypes,
                    const MaybeTensor& mask, const MaybeTensor& logit_scale, const MaybeTensor& bias,
                    const MaybeTensor& center, int64_t seed, const std::string& options) {
  return run(name,
             {.views = views,
              .targets = targets.has_value() ? *targets : std::vector<at::Tensor>(),
              .labels = or_none(labels),
              .ids = or_none(ids),
              .scores = or_none(scores),
              .similar = or_none(similar),
              .queue = or_none(queue),
              .queue_ids = or_none(queue_ids),
              .negatives = or_none(negatives),
              .prototypes = or_none(prototypes),
              .mask = or_none(mask),
              .logit_scale = or_none(logit_scale),
              .bias = or_none(bias),
              .center = or_none(center),
              .seed = static_cast<uint64_t>(seed)},
             {}, options);
}

at::Tensor nt_xent_op(const at::Tensor& z1, const at::Tensor& z2, double temperature, const MaybeTensor& ids,
                      const std::string& options) {
  return run("nt_xent", {.views = {z1, z2}, .ids = or_none(ids)}, {{"temperature", temperature}}, options);
}

at::Tensor info_nce_op(const at::Tensor& query, const at::Tensor& key, double temperature, const std::string& direction,
                       const MaybeTensor& queue, const MaybeTensor& ids, const MaybeTensor& logit_scale,
                       const std::string& options) {
  return run("info_nce",
             {.views = {query, key}, .ids = or_none(ids), .queue = or_none(queue), .logit_scale = or_none(logit_scale)},
             {{"temperature", temperature}, {"direction", direction}}, options);
}

at::Tensor sup_con_op(const at::Tensor& x, const at::Tensor& labels, double temperature, const std::string& options) {
  return run("sup_con", {.views = {x}, .labels = labels}, {{"temperature", temperature}}, options);
}

at::Tensor siglip_op(const at::Tensor& a, const at::Tensor& b, const MaybeTensor& logit_scale, const MaybeTensor& bias,
                     const std::string& options) {
  return run("siglip", {.views = {a, b}, .logit_scale = or_none(logit_scale), .bias = or_none(bias)}, {}, options);
}

at::Tensor triplet_op(const at::Tensor& x, const at::Tensor& labels, double margin, const std::string& miner,
                      const std::string& options) {
  return run("triplet", {.views = {x}, .labels = labels}, {{"margin", margin}, {"miner.kind", miner}}, options);
}

at::Tensor vicreg_op(const at::Tensor& za, const at::Tensor& zb, double invariance, double variance, double covariance,
                     const std::string& options) {
  return run("vicreg", {.views = {za, zb}},
             {{"invariance", invariance}, {"variance", variance}, {"covariance", covariance}}, options);
}

at::Tensor barlow_twins_op(const at::Tensor& za, const at::Tensor& zb, double lambda, const std::string& options) {
  return run("barlow_twins", {.views = {za, zb}}, {{"lambda", lambda}}, options);
}

at::Tensor negative_cosine_op(const at::Tensor& p1, const at::Tensor& z2, const at::Tensor& p2, const at::Tensor& z1,
                              const std::string& form, const std::string& options) {
  return run("negative_cosine", {.views = {p1, p2}, .targets = {z2, z1}}, {{"form", form}}, options);
}

at::Tensor decoupled_op(const at::Tensor& z1, const at::Tensor& z2, double temperature, const std::string& options) {
  return run("decoupled", {.views = {z1, z2}}, {{"temperature", temperature}}, options);
}

at::Tensor debiased_op(const at::Tensor& z1, const at::Tensor& z2, double temperature, double tau_plus,
                       const std::string& options) {
  return run("debiased", {.views = {z1, z2}}, {{"temperature", temperature}, {"tau_plus", tau_plus}}, options);
}

at::Tensor hard_negative_op(const at::Tensor& z1, const at::Tensor& z2, double temperature, double tau_plus,
                            double beta, const std::string& options) {
  return run("hard_negative", {.views = {z1, z2}},
             {{"temperature", temperature}, {"tau_plus", tau_plus}, {"beta", beta}}, options);
}

std::vector<std::string> loss_names() {
  std::vector<std::string> names;
  for (const auto& row : loss_rows()) names.emplace_back(row.name);
  return names;
}

std::string implementation_op() { return std::string(implementation_name(last_implementation())); }

}  // namespace
}  // namespace kindred

// LibTorch's way to register operators: a static object that its macro makes, the only one in kindred/.
TORCH_LIBRARY(kindred, library) {
  using namespace kindred;  // NOLINT(google-build-using-namespace)
  library.def("nt_xent(Tensor z1, Tensor z2, float temperature=0.5, Tensor? ids=None, str options=\"{}\") -> Tensor",
              nt_xent_op);
  library.def(
      "info_nce(Tensor query, Tensor key, float temperature=0.1, str direction=\"one_way\", Tensor? queue=None, "
      "Tensor? ids=None, Tensor? logit_scale=None, str options=\"{}\") -> Tensor",
      info_nce_op);
  library.def("sup_con(Tensor x, Tensor labels, float temperature=0.1, str options=\"{}\") -> Tensor", sup_con_op);
  library.def("siglip(Tensor a, Tensor b, Tensor? logit_scale=None, Tensor? bias=None, str options=\"{}\") -> Tensor",
              siglip_op);
  library.def("triplet(Tensor x, Tensor labels, float margin=0.2, str miner=\"all\", str options=\"{}\") -> Tensor",
              triplet_op);
  library.def(
      "vicreg(Tensor za, Tensor zb, float invariance=25.0, float variance=25.0, float covariance=1.0, "
      "str options=\"{}\") -> Tensor",
      vicreg_op);
  // "lambda" is a word of Python's own.
  library.def("barlow_twins(Tensor za, Tensor zb, float lambd=0.0051, str options=\"{}\") -> Tensor", barlow_twins_op);
  library.def(
      "negative_cosine(Tensor p1, Tensor z2, Tensor p2, Tensor z1, str form=\"simsiam\", str options=\"{}\") -> Tensor",
      negative_cosine_op);
  library.def("decoupled(Tensor z1, Tensor z2, float temperature=0.1, str options=\"{}\") -> Tensor", decoupled_op);
  library.def("debiased(Tensor z1, Tensor z2, float temperature=0.5, float tau_plus=0.1, str options=\"{}\") -> Tensor",
              debiased_op);
  library.def(
      "hard_negative(Tensor z1, Tensor z2, float temperature=0.5, float tau_plus=0.1, float beta=1.0, "
      "str options=\"{}\") -> Tensor",
      hard_negative_op);
  library.def(
      "loss(str name, Tensor[] views, *, Tensor[]? targets=None, Tensor? labels=None, Tensor? ids=None, "
      "Tensor? scores=None, Tensor? similar=None, Tensor? queue=None, Tensor? queue_ids=None, Tensor? negatives=None, "
      "Tensor? prototypes=None, Tensor? mask=None, Tensor? logit_scale=None, Tensor? bias=None, Tensor? center=None, "
      "int seed=0, str options=\"{}\") -> Tensor",
      any_loss);
  library.def("losses() -> str[]", loss_names);
  library.def("implementation() -> str", implementation_op);  // what this thread's last loss ran
}
