// SPDX-License-Identifier: Apache-2.0
// The queries and their nearest neighbours: a picture where the data are images, the class, and the similarity.
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/report/numbers.h"
#include "kindred/report/pictures.h"
#include "kindred/report/sections.h"

namespace kindred::report {
namespace {

constexpr int64_t kPictureSide = 160;    // pixels; larger images are shrunk to this
constexpr int64_t kPixelatedBelow = 80;  // smaller images are enlarged with hard edges

void check_index(const Dataset* dataset, int64_t index, const char* what) {
  if (dataset == nullptr) return;
  check(index < dataset->size() && index >= 0, "report: expected ", what, " in [0, ", dataset->size(), "), got ",
        index);
}

int64_t label_of(const Dataset* dataset, int64_t index) {
  return dataset != nullptr && dataset->info().labelled ? dataset->label(index) : kNoLabel;
}

// The keys that a query and a neighbour share. role: "Query", "Neighbour 3".
Slot sample_slots(const Dataset* dataset, int64_t index, const std::string& role) {
  Slot item = slots();
  const std::string known_class = class_name(dataset, label_of(dataset, index));
  const std::string name = known_class.empty() ? concat("sample ", index) : known_class;
  item.set("name", name);
  item.set("source", dataset != nullptr ? dataset->source(index) : name);
  item.set("picture", false);
  if (dataset == nullptr || dataset->info().modality != Modality::kImage) return item;
  Sample sample;
  dataset->get(index, sample);
  const Image small = thumbnail(sample.image, kPictureSide);
  const Picture shown = picture(small);
  item.set("picture", shown.uri);
  item.set("width", std::to_string(shown.width));
  item.set("height", std::to_string(shown.height));
  item.set("scaling", std::max(shown.width, shown.height) < kPixelatedBelow ? "pixelated" : "smooth");
  item.set("alt", concat(role, ": ", name));
  return item;
}

Slot neighbour_slots(const ReportData& data, const ReportNeighbours& query, size_t rank) {
  const int64_t index = query.neighbours[rank];
  Slot item = sample_slots(data.corpus.get(), index, concat("Neighbour ", rank + 1));
  item.set("similarity", rank < query.similarity.size() ? fixed(query.similarity[rank], 2) : std::string());
  item.set("match", "");
  item.set("mark", false);
  const int64_t wanted = label_of(data.queries.get(), query.query), found = label_of(data.corpus.get(), index);
  if (wanted == kNoLabel || found == kNoLabel) return item;
  item.set("match", wanted == found ? "same" : "other");
  item.set("mark", wanted == found ? "\u2713" : "\u2717");
  item.set("mark_text", wanted == found ? "same class as the query" : "another class than the query");
  return item;
}

}  // namespace

std::string class_name(const Dataset* dataset, int64_t label) {
  if (label == kNoLabel) return {};
  if (dataset != nullptr) {
    const auto& names = dataset->info().class_names;
    if (label >= 0 && static_cast<size_t>(label) < names.size()) return names[static_cast<size_t>(label)];
  }
  return concat("class ", label);
}

Slot neighbours_section(const ReportData& data) {
  Slot list = slot_list();
  for (const auto& query : data.neighbours) {
    check_index(data.queries.get(), query.query, "a query");
    Slot neighbours = slot_list();
    for (size_t rank = 0; rank < query.neighbours.size(); ++rank) {
      if (query.neighbours[rank] < 0) continue;  // the corpus has fewer rows than were asked for
      check_index(data.corpus.get(), query.neighbours[rank], "a neighbour");
      neighbours.push_back(neighbour_slots(data, query, rank));
    }
    Slot item = slots();
    item.set("query", sample_slots(data.queries.get(), query.query, "Query"));
    item.set("neighbours", neighbours);
    list.push_back(item);
  }
  return list;
}

std::string neighbours_line(const ReportData& data) {
  int64_t judged = 0, same = 0;
  for (const auto& query : data.neighbours) {
    for (const int64_t index : query.neighbours) {
      if (index < 0) continue;
      const int64_t wanted = label_of(data.queries.get(), query.query), found = label_of(data.corpus.get(), index);
      if (wanted == kNoLabel || found == kNoLabel) continue;
      ++judged;
      same += wanted == found;
    }
  }
  std::string line = "Each query with its most similar samples, nearest first; the number is the cosine similarity.";
  if (judged > 0)
    line += concat(" \u2713 marks a neighbour of the query's class, \u2717 one of another: ", same, " of ", judged,
                   " share the query's class.");
  return line;
}

}  // namespace kindred::report
