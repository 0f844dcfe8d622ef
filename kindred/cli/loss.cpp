// SPDX-License-Identifier: Apache-2.0
// kindred loss: a loss of the registry on tensors in .npy files: value, gradients, time, memory, and which code ran.
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/cli/machine.h"
#include "kindred/cli/npy_tensor.h"
#include "kindred/core/error.h"
#include "kindred/losses/gradients.h"
#include "kindred/losses/needs.h"
#include "kindred/losses/registry.h"
#include "kindred/ops/implementation.h"
#include "kindred/ops/peak_memory.h"

namespace kindred::cli {
namespace {

// The members of LossInputs that are one tensor come from flags of their names.
struct LossFlags {
  std::string name, options, impl = "auto";
  std::vector<std::string> input, targets, grad_out;
  std::string labels, ids, scores, similar, queue, queue_ids, negatives, prototypes, mask, logit_scale, bias, center;
  int64_t seed = 0, threads = 0, repeat = 1;
  bool json = false;
};
void visit_fields(FieldList& v, LossFlags& o) {
  v("name", o.name, "the loss: kindred list losses");
  v("input", o.input, ".npy files of the views [N, D], float32 or float64; row i of all is one instance");
  v("targets", o.targets, ".npy files of what the views are held against");
  v("labels", o.labels, "classes [N], whole numbers; -1: none");
  v("ids", o.ids, "[N] whole numbers: rows of one id are never negatives of each other");
  v("scores", o.scores, "[N] or [N, S] floats: near scores are positives (relation.max_delta)");
  v("similar", o.similar, "[N], above 0 where row i of both views is alike");
  v("queue", o.queue, "[K, D] rows of earlier batches, or the bank");
  v("queue_ids", o.queue_ids, "[K] whole numbers");
  v("negatives", o.negatives, "[N, M, D] negatives of each row");
  v("prototypes", o.prototypes, "[C, D] proxies, class weights or prototypes; trained");
  v("mask", o.mask, "[N] or a view's leading shape, bool: what was hidden");
  v("logit_scale", o.logit_scale, "ln of the scale of the logits, trained: a number or a .npy file");
  v("bias", o.bias, "added to the logits, trained: a number or a .npy file");
  v("center", o.center, "[D] running mean of the teacher");
  v("seed", o.seed, "of the random draws inside a loss", at_least(0));
  v("options", o.options, "options as JSON: '{\"temperature\": 0.1, \"miner.kind\": \"hard\"}'");
  v("impl", o.impl, "auto: the fused version where there is one; fused: that or an error; composite: the definition",
    implementation_choices());
  v("grad_out", o.grad_out,
    ".npy files for the gradients: of each view, then of prototypes, logit_scale, bias where given");
  v("repeat", o.repeat, "timed runs after one warm-up; seconds is their median", at_least(1));
  v("threads", o.threads, "computing threads; 0 = one per core", at_least(0));
  v("json", o.json, "the result as one JSON object");
}

// "0.5" or the one value of a file, as a scalar of the views' type.
at::Tensor read_number(const std::string& word, const at::Tensor& like) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc() && end == word.data() + word.size()) return at::scalar_tensor(value, like.options());
  const at::Tensor x = read_npy_tensor(word);
  check(x.numel() == 1, word, ": expected one number, got ", x.numel());
  return x.reshape({}).to(like.scalar_type());
}

LossInputs read_inputs(const LossFlags& flags, std::span<const Field> fields) {
  LossInputs in;
  for (const auto& file : flags.input) in.views.push_back(read_npy_tensor(file));
  for (const auto& file : flags.targets) in.targets.push_back(read_npy_tensor(file));
  for (const auto& tensor : loss_tensors()) {
    const auto& file = *std::get<std::string*>(find_field(fields, tensor.name)->value);
    if (file.empty()) continue;
    const bool number = tensor.member == &LossInputs::logit_scale || tensor.member == &LossInputs::bias;
    in.*tensor.member = number ? read_number(file, in.views.front()) : read_npy_tensor(file);
  }
  in.seed = static_cast<uint64_t>(flags.seed);
  return in;
}

std::unique_ptr<LossRecipe> recipe_of(const LossRow& row, const LossFlags& flags, bool impl_typed) {
  auto recipe = row.recipe();
  const auto fields = recipe->fields();
  if (!flags.options.empty()) {
    const Json options = Json::parse(flags.options, nullptr, false);
    check(!options.is_discarded(), "--options: expected JSON, got ", flags.options);
    Config::from_json(options, "--options").apply(fields);
  }
  if (const Field* impl = find_field(fields, "impl")) {
    if (impl_typed) *std::get<std::string*>(impl->value) = flags.impl;
  } else {
    check(flags.impl != "fused", row.name, ": expected --impl auto or composite, got fused: it has no fused version");
  }
  check_fields(fields, row.name);
  return recipe;
}

struct Measured {
  LossGradients result;
  std::string_view implementation;
  double seconds = 0;      // forward and backward, median
  int64_t peak_bytes = 0;  // beyond the inputs
};

// One warm-up, in which memory is counted, then `repeat` timed runs.
Measured measure(const LossRecipe& loss, const LossInputs& in, int64_t repeat) {
  Measured out;
  note_implementation(Implementation::kComposite);
  {
    const PeakMemory memory;
    out.result = loss_gradients(loss, in);
    out.peak_bytes = memory.bytes();
  }
  out.implementation = implementation_name(last_implementation());
  std::vector<double> seconds;
  for (int64_t i = 0; i < repeat; ++i) {
    out.result = {};  // no more memory in the timed runs than in the counted one
    const auto begin = std::chrono::steady_clock::now();
    out.result = loss_gradients(loss, in);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(seconds.begin(), seconds.end());
  const size_t half = seconds.size() / 2;
  out.seconds = seconds.size() % 2 == 1 ? seconds[half] : (seconds[half - 1] + seconds[half]) / 2;
  return out;
}

void write_gradients(const LossFlags& flags, const LossGradients& result) {
  for (size_t i = 0; i < flags.grad_out.size(); ++i) write_npy_tensor(flags.grad_out[i], result.gradients[i]);
}

void print_json(const LossFlags& flags, const LossInputs& in, const Measured& m, std::ostream& out) {
  Json report = {{"name", flags.name},
                 {"loss", m.result.value.sum().item<double>()},
                 {"implementation", m.implementation},
                 {"seconds", m.seconds},
                 {"peak_extra_bytes", m.peak_bytes},
                 {"shape", in.views.front().sizes().vec()},
                 {"type", in.views.front().scalar_type() == at::kDouble ? "float64" : "float32"},
                 {"threads", threads_in_use()}};
  if (m.result.value.dim() > 0) {
    const at::Tensor terms = m.result.value.to(at::kDouble).contiguous();
    report["terms"] = std::vector<double>(terms.data_ptr<double>(), terms.data_ptr<double>() + terms.numel());
  }
  out << report.dump() << "\n";
}

void print_lines(const LossFlags& flags, const Measured& m, std::ostream& out) {
  constexpr int64_t kShown = 8;
  const at::Tensor& value = m.result.value;
  out << flags.name << ": " << concat(value.sum().item<double>()) << "\n";
  if (value.dim() > 0) {
    out << "the sum of " << value.numel() << " terms:";
    for (int64_t i = 0; i < std::min(kShown, value.numel()); ++i) out << " " << concat(value[i].item<double>());
    out << (value.numel() > kShown ? " ...\n" : "\n");
  }
  out << "implementation: " << m.implementation << "\nforward and backward: " << m.seconds << " s\n"
      << "memory beyond the inputs: " << m.peak_bytes << " bytes\n";
  for (size_t i = 0; i < flags.grad_out.size(); ++i)
    out << "gradient, largest entry " << m.result.gradients[i].abs().max().item<double>() << ": " << flags.grad_out[i]
        << "\n";
}

}  // namespace

int run_loss(Arguments arguments, Io& io) {
  LossFlags flags;
  const auto fields = fields_of(flags);
  const auto typed = parse_flags(
      {.command = "loss",
       .summary = "a loss on tensors in .npy files: value, gradients, time and memory",
       .example = "kindred loss --name nt_xent --input z1.npy,z2.npy --options '{\"temperature\": 0.1}' --json\n"
                  "kindred loss --name sup_con --input z.npy --labels y.npy --grad-out g.npy"},
      fields, arguments, io);
  if (!typed) return 0;
  typed->apply(fields);
  check(!flags.name.empty(), "kindred loss: expected --name LOSS, got nothing");
  const LossRow& row = find_loss(flags.name);
  check(!flags.input.empty(), "kindred loss: expected --input FILE.npy,..., got nothing");
  const auto recipe = recipe_of(row, flags, typed->has("impl"));
  set_threads(static_cast<int>(flags.threads));

  const LossInputs in = read_inputs(flags, fields);
  check_needs(row, in);
  const size_t views = in.views.size(), trained = trained_names(in).size(), outs = flags.grad_out.size();
  check(outs == 0 || outs == views || outs == trained, "kindred loss: expected ", views,
        trained > views ? concat(" or ", trained) : "", " files for --grad-out, got ", outs);
  const Measured measured = measure(*recipe, in, flags.repeat);
  write_gradients(flags, measured.result);
  if (flags.json) print_json(flags, in, measured, io.out);
  else print_lines(flags, measured, io.out);
  return 0;
}

}  // namespace kindred::cli
