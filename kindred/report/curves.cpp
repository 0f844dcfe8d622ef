// SPDX-License-Identifier: Apache-2.0
// The training curves: a name and a hint people understand, a summary in words, and the points for the chart.
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "kindred/core/error.h"
#include "kindred/report/numbers.h"
#include "kindred/report/sections.h"

namespace kindred::report {
namespace {

struct KnownCurve {
  std::string_view name, title, hint;
};
// The names are those of metrics.jsonl; any other curve is shown under its own name.
constexpr std::array kKnown = {
    KnownCurve{"loss", "Loss", ""},
    KnownCurve{"lr", "Learning rate", ""},
    KnownCurve{"grad_norm", "Gradient norm", ""},
    KnownCurve{"std_sqrt_d", "Spread, std·√d", "1 is healthy; 0 means that all embeddings are alike."},
    KnownCurve{"effective_rank", "Effective rank", "How many directions the embeddings use; 1 is a line."},
    KnownCurve{"alignment", "Alignment",
               "Mean squared distance between two views of one sample; 0 means they coincide."},
    KnownCurve{"uniformity", "Uniformity", "0 is a single point; about \u22124 is spread evenly over the sphere."},
    KnownCurve{"images_per_second", "Throughput", "Samples per second, each seen in all its views."},
    KnownCurve{"data_wait_share", "Waiting for data", "Share of the time a step waited for the loader."},
    KnownCurve{"knn_top1", "Monitor: kNN accuracy", "Frozen encoder, checked while it trains."},
};

const KnownCurve* find_known(std::string_view name) {
  const auto group = name.find_last_of(". ");  // "monitor knn_top1"
  const auto last = group == std::string_view::npos ? name : name.substr(group + 1);
  for (const auto& known : kKnown)
    if (known.name == last) return &known;
  return nullptr;
}

std::string title_of(const ReportCurve& curve) {
  const KnownCurve* known = find_known(curve.name);
  return known != nullptr ? std::string(known->title) : curve.name;
}

std::string summary_of(const ReportCurve& curve) {
  const auto value = [&](const auto& point) {
    return concat(figure(point.second), curve.unit.empty() ? "" : "\u00a0" + curve.unit);
  };
  const auto step = [](const auto& point) { return figure(point.first); };
  const auto& first = curve.points.front();
  const auto& last = curve.points.back();
  if (curve.points.size() == 1) return concat(value(first), " at step ", step(first), ".");
  return concat("From ", value(first), " at step ", step(first), " to ", value(last), " at step ", step(last), ".");
}

}  // namespace

Slot curves_section(const ReportData& data) {
  Slot list = slot_list();
  int64_t index = 0;
  for (const auto& curve : data.curves) {
    if (curve.points.empty()) continue;
    const KnownCurve* known = find_known(curve.name);
    Slot item = slots();
    item.set("index", std::to_string(index++));
    item.set("title", title_of(curve));
    item.set("summary", summary_of(curve));
    item.set("hint", known != nullptr && !known->hint.empty() ? Slot(std::string(known->hint)) : Slot(false));
    list.push_back(item);
  }
  return list;
}

Json curves_json(const ReportData& data) {
  Json list = Json::array();
  for (const auto& curve : data.curves) {
    if (curve.points.empty()) continue;
    Json points = Json::array();
    for (const auto& [step, value] : curve.points)
      if (std::isfinite(step))
        points.push_back(Json::array({step, rounded(value, 7)}));  // a value that is not finite is a gap
    list.push_back(Json{{"title", title_of(curve)}, {"unit", curve.unit}, {"points", std::move(points)}});
  }
  return list;
}

}  // namespace kindred::report
