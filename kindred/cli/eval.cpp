// SPDX-License-Identifier: Apache-2.0
// kindred eval: a model, a baseline, or given embeddings, judged by named protocols.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/cli/machine.h"
#include "kindred/cli/model_source.h"
#include "kindred/cli/npy_embeddings.h"
#include "kindred/core/error.h"
#include "kindred/data/spec.h"
#include "kindred/eval/protocols.h"

namespace kindred::cli {
namespace {

struct EvalFlags {
  std::string model, train, test;
  std::vector<std::string> protocol{"knn", "linear"}, embeddings, labels;
  int64_t seed = 0, threads = 0;
  bool json = false;
};
void visit_fields(FieldList& v, EvalFlags& o) {
  v("model", o.model, "run directory, model file, pixels, or random:ENCODER");
  v("train", o.train, "SPEC that a protocol may learn from");
  v("test", o.test, "SPEC that is judged");
  v("embeddings", o.embeddings, "instead of a model: train.npy,test.npy");
  v("labels", o.labels, "with --embeddings: train labels, test labels (.npy)");
  v("protocol", o.protocol, "which: see kindred list protocols");
  v("seed", o.seed, "of a random encoder's weights", at_least(0));
  v("threads", o.threads, "computing threads; 0 = one per core", at_least(0));
  v("json", o.json, "one JSON object");
}

// The recipes named, with --knn.k 200 and the like applied. A setting of a protocol that was not named is an error.
std::vector<std::unique_ptr<ProtocolRecipe>> make_recipes(const std::vector<std::string>& names, const Config& config) {
  std::vector<std::unique_ptr<ProtocolRecipe>> recipes;
  FieldList all;
  for (const auto& name : names) {
    recipes.push_back(find_protocol(name).recipe());
    all.append(name, recipes.back()->fields());
  }
  config.apply(all.take());
  return recipes;
}

void print_result(const EvalResult& result, std::ostream& out) {
  for (const auto& figure : result.figures) {
    char text[128];
    if (figure.has_interval)
      std::snprintf(text, sizeof text, "%-10s %-18s %8.4f  [%.4f, %.4f]", result.protocol.c_str(), figure.name.c_str(),
                    figure.value, figure.interval.low, figure.interval.high);
    else
      std::snprintf(text, sizeof text, "%-10s %-18s %8.4f", result.protocol.c_str(), figure.name.c_str(), figure.value);
    out << text << "\n";
  }
  out << "           " << result.protocol_line() << "\n";
}

}  // namespace

int run_eval(Arguments arguments, Io& io) {
  EvalFlags flags;
  const auto own = fields_of(flags);
  const auto typed =
      parse_flags({.command = "eval",
                   .summary = "judge an encoder by named protocols",
                   .example = "kindred eval --model run --train fashion-mnist/train --test fashion-mnist/test "
                              "--protocol knn,linear --json\n"
                              "kindred eval --embeddings train.npy,test.npy --labels ytrain.npy,ytest.npy --knn.k 200",
                   .open = true},
                  own, arguments, io, [](const Config&) {
                    static std::vector<std::unique_ptr<ProtocolRecipe>> recipes;
                    FieldList all;
                    for (const auto& row : protocol_rows()) {
                      recipes.push_back(row.recipe());
                      all.append(row.name, recipes.back()->fields());
                    }
                    return all.take();
                  });
  if (!typed) return 0;
  const auto [mine, rest] = typed->split(own);
  mine.apply(own);
  const auto recipes = make_recipes(flags.protocol, rest);
  set_threads(static_cast<int>(flags.threads));

  Embeddings train, test;
  std::string subject = flags.model;
  if (!flags.embeddings.empty()) {
    check(flags.model.empty(), "kindred eval: expected --model or --embeddings, got both");
    check(flags.embeddings.size() == 2, "kindred eval: expected --embeddings train.npy,test.npy, got ",
          flags.embeddings.size(), " files");
    check(flags.labels.empty() || flags.labels.size() == 2,
          "kindred eval: expected --labels ytrain.npy,ytest.npy, got ", flags.labels.size(), " files");
    train = npy_embeddings(flags.embeddings[0], flags.labels.empty() ? "" : flags.labels[0]);
    test = npy_embeddings(flags.embeddings[1], flags.labels.empty() ? "" : flags.labels[1]);
    subject = flags.embeddings[0];
  } else {
    check(!flags.train.empty() && !flags.test.empty(), "kindred eval: expected --train SPEC and --test SPEC, got ",
          flags.train.empty() ? "no --train" : "no --test");
    const auto train_data = open_dataset(flags.train), test_data = open_dataset(flags.test);
    const ModelSource source(flags.model, *train_data, static_cast<uint64_t>(flags.seed));
    train = source.embed(train_data, io, "embed train");
    test = source.embed(test_data, io, "embed test");
  }

  Json results = Json::array();
  for (const auto& recipe : recipes) {
    const auto result = recipe->make(train, test);
    for (const auto& warning : result.warnings) io.err << "warning: " << result.protocol << ": " << warning << "\n";
    if (flags.json) results.push_back(result_json(result));
    else print_result(result, io.out);
  }
  if (flags.json)
    io.out << Json{{"results", results}, {"model", subject}, {"train", train.source}, {"test", test.source}}.dump()
           << "\n";
  return 0;
}

}  // namespace kindred::cli
