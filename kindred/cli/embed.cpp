// SPDX-License-Identifier: Apache-2.0
// kindred embed: the embeddings of a data set as .npy, ids and labels beside them.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/cli/machine.h"
#include "kindred/cli/model_source.h"
#include "kindred/core/error.h"
#include "kindred/data/npy.h"
#include "kindred/data/spec.h"

namespace kindred::cli {
namespace {

struct EmbedFlags {
  std::string model, data, out;
  int64_t threads = 0, seed = 0;
  bool json = false;
};
void visit_fields(FieldList& v, EmbedFlags& o) {
  v("model", o.model, "run directory, model file, pixels, or random:ENCODER");
  v("data", o.data, "SPEC of the data");
  v("out", o.out, "the .npy file to write; OUT.ids.npy and OUT.labels.npy go beside it");
  v("seed", o.seed, "of a random encoder's weights", at_least(0));
  v("threads", o.threads, "computing threads; 0 = one per core", at_least(0));
  v("json", o.json, "the result as one JSON object");
}

// z.npy -> z.ids.npy
std::filesystem::path beside(const std::filesystem::path& out, const std::string& what) {
  auto path = out;
  path.replace_extension();
  path += "." + what + ".npy";
  return path;
}

}  // namespace

int run_embed(Arguments arguments, Io& io) {
  EmbedFlags flags;
  const auto fields = fields_of(flags);
  const auto typed = parse_flags({.command = "embed",
                                  .summary = "write the embeddings of a data set",
                                  .example = "kindred embed --model run --data fashion-mnist/test --out z.npy"},
                                 fields, arguments, io);
  if (!typed) return 0;
  typed->apply(fields);
  check(!flags.data.empty(), "kindred embed: expected --data SPEC, got nothing");
  check(!flags.out.empty(), "kindred embed: expected --out FILE.npy, got nothing");
  set_threads(static_cast<int>(flags.threads));

  const auto dataset = open_dataset(flags.data);
  const ModelSource source(flags.model, *dataset, static_cast<uint64_t>(flags.seed));
  const auto z = source.embed(dataset, io, "embed");
  const std::vector<int64_t> rows{z.rows.size(0)};
  const auto ids = beside(flags.out, "ids"), labels = beside(flags.out, "labels");
  write_npy(ids, {z.ids.data_ptr<int64_t>(), static_cast<size_t>(z.ids.numel())}, rows);
  if (dataset->info().labelled)
    write_npy(labels, {z.labels.data_ptr<int64_t>(), static_cast<size_t>(z.labels.numel())}, rows);
  write_npy(flags.out, {z.rows.data_ptr<float>(), static_cast<size_t>(z.rows.numel())},
            {z.rows.size(0), z.rows.size(1)});

  Json summary = {{"rows", z.rows.size(0)}, {"dims", z.rows.size(1)}, {"out", flags.out}, {"ids", ids.string()}};
  if (dataset->info().labelled) summary["labels"] = labels.string();
  if (flags.json) io.out << summary.dump() << "\n";
  else io.out << flags.out << ": " << z.rows.size(0) << " rows of " << z.rows.size(1) << "\n";
  return 0;
}

}  // namespace kindred::cli
