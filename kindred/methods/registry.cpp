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
    MethodRow{.name = "align_uniform",
              .summary = "two views attract, all samples spread over the sphere",
              .paper = "arXiv:2005.10242",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = align_uniform_recipe},
    MethodRow{.name = "barlow_twins",
              .summary = "columns of two views correlate with themselves and with no other",
              .paper = "arXiv:2103.03230",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = barlow_twins_recipe},
    MethodRow{.name = "cmc",
              .summary = "lightness against colour of one crop, an encoder for each",
              .paper = "arXiv:1906.05849",
              .views = 1,
              .needs_labels = false,
              .view_preset = "weak",
              .channels = "L_ab",
              .recipe = cmc_recipe},
    MethodRow{.name = "dae",
              .summary = "the clean sample is reconstructed from a corrupted one",
              .paper = "doi:10.1145/1390156.1390294",
              .views = 1,
              .needs_labels = false,
              .view_preset = "weak",
              .recipe = dae_recipe},
    MethodRow{.name = "dcl",
              .summary = "SimCLR without the positive below the line",
              .paper = "arXiv:2110.06848",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = dcl_recipe},
    MethodRow{.name = "debiased",
              .summary = "SimCLR corrected for positives among the negatives",
              .paper = "arXiv:2007.00224",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = debiased_recipe},
    MethodRow{.name = "hard_contrastive",
              .summary = "only the nearest negatives repel",
              .paper = "arXiv:2012.09740",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = hard_contrastive_recipe},
    MethodRow{.name = "hcl",
              .summary = "the debiased loss with near negatives weighted up",
              .paper = "arXiv:2010.04592",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = hcl_recipe},
    MethodRow{.name = "masked",
              .summary = "hidden patches are reconstructed from the others",
              .paper = "arXiv:2111.06377",
              .views = 1,
              .needs_labels = false,
              .view_preset = "weak",
              .recipe = masked_recipe},
    MethodRow{.name = "metric",
              .summary = "any labelled loss, miner and distance over P classes x K samples",
              .paper = "arXiv:1703.07737",
              .views = 1,
              .needs_labels = true,
              .view_preset = "weak",
              .per_class = 4,
              .recipe = metric_recipe},
    MethodRow{.name = "semi_sup",
              .summary = "labels where there are some, views elsewhere (SupCon)",
              .paper = "arXiv:2004.11362",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = semi_sup_recipe},
    MethodRow{.name = "simclr",
              .summary = "two views attract, all other samples of the batch repel (NT-Xent)",
              .paper = "arXiv:2002.05709",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = simclr_recipe},
    MethodRow{.name = "sup_con",
              .summary = "all samples of a class attract, all others repel",
              .paper = "arXiv:2004.11362",
              .views = 2,
              .needs_labels = true,
              .view_preset = "simclr_small",
              .recipe = sup_con_recipe},
    MethodRow{.name = "supervised",
              .summary = "a linear classifier with labels, the baseline",
              .paper = "arXiv:2004.11362",
              .views = 1,
              .needs_labels = true,
              .view_preset = "weak",
              .recipe = supervised_recipe},
    MethodRow{.name = "vicreg",
              .summary = "two views agree, columns vary and do not covary",
              .paper = "arXiv:2105.04906",
              .views = 2,
              .needs_labels = false,
              .view_preset = "simclr_small",
              .recipe = vicreg_recipe},
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
