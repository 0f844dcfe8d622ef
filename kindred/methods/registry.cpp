// SPDX-License-Identifier: Apache-2.0
// The table of methods. A new one: its .cpp, one line in registry.h, one row here, docs/methods/<name>.md, its test.
#include "kindred/methods/registry.h"

#include <algorithm>
#include <array>

#include "kindred/core/error.h"
#include "kindred/core/names.h"

namespace kindred {
namespace {

constexpr std::array kRows{
    MethodRow{.name = "byol",
              .summary = "a network predicts what its slow copy makes of the other view; no negatives",
              .paper = "arXiv:2006.07733",
              .views = 2,
              .needs_labels = false,
              .view_preset = "byol_small",
              .recipe = byol_recipe},
    MethodRow{.name = "dino",
              .summary = "crops predict the slow copy's distribution over prototypes for global crops",
              .paper = "arXiv:2104.14294",
              .views = 2,
              .local_crops = true,
              .needs_labels = false,
              .view_preset = "dino_small",
              .recipe = dino_recipe},
    MethodRow{.name = "inst_disc",
              .summary = "each sample is its own class, held against a bank of all by softmax or noise-contrastive estimation",
              .paper = "arXiv:1805.01978",
              .views = 1,
              .needs_labels = false,
              .view_preset = "moco_v1",
              .recipe = inst_disc_recipe},
    MethodRow{.name = "mochi",
              .summary = "MoCo with hard negatives mixed from the queue's nearest rows",
              .paper = "arXiv:2010.01028",
              .views = 2,
              .needs_labels = false,
              .view_preset = "moco_small",
              .recipe = mochi_recipe},
    MethodRow{.name = "moco",
              .summary = "a query against its key from a slow copy and a queue of earlier keys (v2)",
              .paper = "arXiv:2003.04297",
              .views = 2,
              .needs_labels = false,
              .view_preset = "moco_small",
              .recipe = moco_recipe},
    MethodRow{.name = "moco_v1",
              .summary = "MoCo with a linear head and temperature 0.07, as first published",
              .paper = "arXiv:1911.05722",
              .views = 2,
              .needs_labels = false,
              .view_preset = "moco_v1",
              .recipe = moco_v1_recipe},
    MethodRow{.name = "nnclr",
              .summary = "the positive of a view is the nearest neighbour of the other in a queue",
              .paper = "arXiv:2104.14548",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = nnclr_recipe},
    MethodRow{.name = "simclr",
              .summary = "two views attract, all other samples of the batch repel (NT-Xent)",
              .paper = "arXiv:2002.05709",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = simclr_recipe},
    MethodRow{.name = "simsiam",
              .summary = "one view's embedding predicts the other's, which gets no gradient; no negatives",
              .paper = "arXiv:2011.10566",
              .views = 2,
              .needs_labels = false,
              .view_preset = "moco_small",
              .recipe = simsiam_recipe},
    MethodRow{.name = "swav",
              .summary = "crops predict each other's soft assignment to prototypes (Sinkhorn codes)",
              .paper = "arXiv:2006.09882",
              .views = 2,
              .local_crops = true,
              .needs_labels = false,
              .view_preset = "swav_small",
              .recipe = swav_recipe},
};

constexpr bool before(const MethodRow& a, const MethodRow& b) { return a.name < b.name; }
static_assert(std::adjacent_find(kRows.begin(), kRows.end(),
                                 [](const auto& a, const auto& b) { return !before(a, b); }) == kRows.end(),
              "method rows: sorted by name, each name once");

}  // namespace

std::span<const MethodRow> method_rows() { return kRows; }

const MethodRow& find_method(std::string_view name) {
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const MethodRow& row) { return row.name == name; });
  if (found != kRows.end()) return *found;
  std::vector<std::string> names;
  for (const auto& row : kRows) names.emplace_back(row.name);
  throw InvalidArgument(unknown_name("methods", "a method,", name, names));
}

}  // namespace kindred
