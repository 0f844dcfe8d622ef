// SPDX-License-Identifier: Apache-2.0
// The registry of protocols.
#include "kindred/eval/protocols.h"

#include <array>
#include <string>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/core/names.h"

namespace kindred {
namespace {

// A recipe from a protocol's function, whose options come last.
template <class Options, EvalResult (*Protocol)(const Embeddings&, const Embeddings&, const Options&)>
std::unique_ptr<ProtocolRecipe> recipe() {
  return make_recipe(+[](const Options& options, const Embeddings& train, const Embeddings& test) {
    return Protocol(train, test, options);
  });
}

constexpr std::array<ProtocolRow, 4> kRows{{
    {"fewshot", "linear probe on a few labels per class, over several draws", recipe<FewshotOptions, fewshot>},
    {"geometry", "shape of the cloud: spread, effective rank, uniformity, within-class tolerance; no labels needed",
     recipe<GeometryOptions, geometry>},
    {"knn", "votes of the k nearest training rows by cosine", recipe<KnnOptions, knn>},
    {"linear", "softmax regression on the frozen embeddings", recipe<LinearOptions, linear>},
}};

constexpr bool sorted_and_unique() {
  for (size_t i = 1; i < kRows.size(); ++i)
    if (!(kRows[i - 1].name < kRows[i].name)) return false;
  return true;
}
static_assert(sorted_and_unique());

}  // namespace

std::span<const ProtocolRow> protocol_rows() { return kRows; }

const ProtocolRow& find_protocol(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& row : kRows) {
    if (row.name == name) return row;
    names.emplace_back(row.name);
  }
  throw InvalidArgument(unknown_name("eval", "protocol", name, names));
}

}  // namespace kindred
