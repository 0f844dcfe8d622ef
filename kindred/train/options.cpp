// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/options.h"

#include <algorithm>

#include "kindred/core/error.h"

namespace kindred {
namespace {

void check_view_count(const char* option, int64_t count, const MethodRow& method) {
  check(count == method.views, "train: expected ", option, " = ", method.views, ", the views that ", method.name,
        " compares, got ", count);
}

void check_local_crops(int64_t count, const MethodRow& method) {
  check(method.local_crops || count == 0, "train: expected views.local_count = 0, ", method.name,
        " takes no local crops, got ", count);
}

// find(the text of setting `key`, or fallback); a name that is unknown is refused with where it was typed.
template <class Find>
decltype(auto) find_typed(const Config& config, const std::string& key, std::string_view fallback, Find find) {
  const auto name = config.text_or(key, fallback);
  try {
    return find(name);
  } catch (const InvalidArgument& error) {
    const auto typed = config.settings().find(key);
    if (typed == config.settings().end()) throw;
    throw InvalidArgument(typed->second.origin + ": " + error.what());
  }
}

// Fields called "*.name" pick a row of a registry, and with it which other fields there are: they are set first.
void apply_names(const Config& typed, const std::vector<Field>& fields) {
  std::vector<Field> names;
  for (const auto& field : fields)
    if (field.name.ends_with(".name")) names.push_back(field);
  typed.split(names).first.apply(names);
}

// Each of several encoders is half as wide, where the encoder has a width to halve.
void halve(const std::vector<Field>& encoder) {
  for (const auto& field : encoder) {
    if (auto* const* width = std::get_if<int64_t*>(&field.value); width && field.name == "width")
      **width = std::max<int64_t>(1, **width / 2);
    if (auto* const* widths = std::get_if<std::vector<int64_t>*>(&field.value); widths && field.name == "hidden")
      for (int64_t& width : **widths) width = std::max<int64_t>(1, width / 2);
  }
}

}  // namespace

void visit_fields(FieldList& v, RunOptions& o) {
  v("epochs", o.epochs, "passes over the data, may be a fraction; used where steps is 0", above(0));
  v("steps", o.steps, "training steps; 0 = as many as epochs asks for", at_least(0));
  v("batch", o.batch, "samples per step", at_least(1));
  v("seed", o.seed, "seed of weights, order, views and everything else that is drawn", at_least(0));
  v("log_every", o.log_every, "steps between two lines of metrics.jsonl", at_least(1));
  v("checkpoint_every", o.checkpoint_every, "steps between two checkpoints; 0 = only at the end", at_least(0));
  v("size", o.size,
    "side of the encoder's input in pixels; 0 = the pictures' own where all have one of at most 256, else 32",
    between(0, 4096));
}

std::vector<Field> TrainOptions::fields() {
  FieldList list;
  list("method.name", method, "the method; see `kindred list methods`");
  list("data.train", data, "the training data, a SPEC: NAME[/split] or KIND:PATH[?key=value&...]");
  list("encoder.name", encoder, "the encoder; see `kindred list encoders`");
  if (encoder_recipe) list.append("encoder", encoder_recipe->fields());
  list.group("run", run);
  list("views.preset", view_preset, "where the views' options start from; empty = the method's own",
       image_view_presets());
  list("views.channels", channels,
       "all: one encoder sees all channels; L_ab, L_a_b: one each for lightness and colour; empty = the method's own",
       {"all", "L_ab", "L_a_b"});
  list.group("views", image_views);
  list.group("views.vector", vector_views);
  list.group("views.positives", positives);
  list("loader.workers", loader.workers, "threads that make batches; 0 = one per core, at most 4", at_least(0));
  list("loader.prefetch", loader.prefetch, "batches made ahead", at_least(1));
  list("loader.sampler", loader.sampler,
       "which samples make a batch; auto = classes where per_class is set, else shuffle",
       {"auto", "balanced", "classes", "distinct", "groups", "shuffle", "weighted"});
  list("loader.per_class", loader.per_class, "K: batches of P classes (groups) with K samples each; 0 = any samples",
       at_least(0));
  list.group("optim", optim);
  list.group("schedule", schedule);
  if (method_recipe) list.append("", method_recipe->fields());
  return list.take();
}

TrainOptions resolve(const Config& config) {
  TrainOptions options;
  const MethodRow& method = find_typed(config, "method.name", options.method, find_method);
  const EncoderRow& encoder = find_typed(config, "encoder.name", options.encoder, find_encoder);
  options.method_recipe = method.recipe();
  options.encoder_recipe = encoder.recipe();

  // An empty preset is the method's own, typed or not.
  Config typed = config;
  if (typed.text_or("views.preset", "").empty()) typed.set_text("views.preset", method.view_preset, "method");
  options.image_views = find_typed(typed, "views.preset", "", image_view_preset);
  options.image_views.count = options.vector_views.count = method.views;
  options.loader.per_class = method.per_class;
  if (method.view_preset == "weak")  // pictures are cropped and flipped; there is no such thing to do to a vector
    options.vector_views.noise = options.vector_views.mask = 0;
  if (typed.text_or("views.channels", "").empty()) typed.set_text("views.channels", method.channels, "method");
  if (typed.text_or("views.channels", "") != "all") halve(options.encoder_recipe->fields());
  apply_names(typed, options.method_recipe->fields());

  const auto fields = options.fields();
  typed.apply(fields);
  check_fields(fields, "train");
  check_view_count("views.count", options.image_views.count, method);
  check_view_count("views.vector.count", options.vector_views.count, method);
  check_local_crops(options.image_views.local_count, method);
  options.loader.batch = options.run.batch;
  options.loader.seed = static_cast<uint64_t>(options.run.seed);
  return options;
}

}  // namespace kindred
