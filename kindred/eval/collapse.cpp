// SPDX-License-Identifier: Apache-2.0
#include "kindred/eval/collapse.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "kindred/core/error.h"
#include "kindred/eval/cloud.h"

namespace kindred {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
// Untrained networks with rectified outputs reach 0.1 to 0.3 (mean cosine 0.99 to 0.9); collapsed ones fall below 0.01.
constexpr double kCollapsed = 0.05;
constexpr double kNarrow = 0.3;          // low enough to make a loss at its landmark believable
constexpr double kRankShare = 0.05;      // of min(rows - 1, D)
constexpr int64_t kRankNeeds = 16;       // below so many directions a small rank says nothing
constexpr double kLandmarkShare = 0.01;  // of the landmark's value
// A landmark at or below 0 is the least a loss of attraction alone can be. It is neared slowly, and only what has collapsed,
// or is about to, is near it with a narrow spread.
constexpr double kFloorShare = 0.1;
// Most of the way to a floor with a third of the directions: SimSiam keeps half of them all the way, and has 0.2 to 0.3 of them
// left within 200 steps where it may collapse but batch norm after its head forbids a point.
constexpr double kFloorNear = 0.6;
constexpr double kFloorRank = 1.0 / 3;
constexpr double kStrangers = 0.95;  // views of one sample as far apart as this share of two samples

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

bool usable(const at::Tensor& z) {
  return z.defined() && z.dim() == 2 && z.size(0) >= 2 && z.size(1) >= 1 && at::isfinite(z).all().item<bool>();
}

// Views of one sample are no closer than two samples: |a - b|^2 of strangers has the mean 2 std^2 D.
bool views_are_strangers(const CollapseFigures& f) {
  return f.alignment >= kStrangers * 2 * f.std_sqrt_d * f.std_sqrt_d;
}

// How near a loss must be to count as at the landmark.
double landmark_reach(double value) {
  return value > 0 ? kLandmarkShare * std::max(value, 0.1) : kFloorShare * std::max(std::abs(value), 1.0);
}

void landmark_warning(const CollapseFigures& f, double loss,
                      const std::vector<std::pair<double, std::string>>& landmarks, std::vector<std::string>& out) {
  for (const auto& [value, meaning] : landmarks) {
    if (!(std::abs(loss - value) <= landmark_reach(value))) continue;
    if (!(f.std_sqrt_d < kNarrow || views_are_strangers(f))) continue;
    out.push_back(concat("the loss, ", short_number(loss), ", sits at ", short_number(value), ": ", meaning));
    return;  // one is enough
  }
}

// A loss below 0 that nears its floor while directions get lost: the views agree because little is left to differ in.
void floor_warning(const CollapseFigures& f, int64_t directions, double loss,
                   const std::vector<std::pair<double, std::string>>& landmarks, std::vector<std::string>& out) {
  if (directions < kRankNeeds || !(f.effective_rank < kFloorRank * static_cast<double>(directions))) return;
  for (const auto& [value, meaning] : landmarks) {
    if (value >= 0 || !(loss <= kFloorNear * value)) continue;
    out.push_back(concat("the loss, ", short_number(loss), ", nears ", short_number(value), " (", meaning,
                         ") on few directions: effective rank ", short_number(f.effective_rank), " of at most ",
                         directions, "; a collapse, unless the data have no more"));
    return;
  }
}

}  // namespace

CollapseFigures collapse_figures(const at::Tensor& z1, const at::Tensor& z2) {
  check(z1.defined() && z1.dim() == 2, "collapse_figures: expected rows [B, D], got ",
        z1.defined() ? concat(z1.dim(), " dimensions") : "no tensor");
  check(!z2.defined() || z2.sizes() == z1.sizes(), "collapse_figures: expected two views of one shape, got ",
        z1.sizes(), " and ", z2.defined() ? z2.sizes() : z1.sizes());
  if (!usable(z1) || (z2.defined() && !usable(z2))) return {kUnknown, kUnknown, kUnknown, kUnknown};
  // Each view is a cloud of its own (two encoders may put theirs in different places); the figures are the means.
  std::vector<at::Tensor> views{unit_rows_double(z1)};
  if (z2.defined()) views.push_back(unit_rows_double(z2));
  CollapseFigures f;
  for (const auto& unit : views) {
    const auto share = 1 / static_cast<double>(views.size());
    f.std_sqrt_d += share * std_sqrt_d(unit);
    f.effective_rank += share * effective_rank(unit);
    f.uniformity += share * uniformity(unit);
  }
  f.alignment = views.size() == 2 ? alignment(views[0], views[1]) : kUnknown;
  return f;
}

std::vector<std::string> collapse_warnings(const CollapseFigures& f, int64_t rows, int64_t dims, double loss,
                                           const std::vector<std::pair<double, std::string>>& landmarks) {
  std::vector<std::string> out;
  if (rows < 2 || dims < 2) return out;  // nothing can be said of one row or one channel
  if (std::isnan(f.std_sqrt_d)) {
    out.push_back("the embeddings hold values that are not finite");
    return out;
  }
  const int64_t directions = std::min(rows - 1, dims);
  if (f.std_sqrt_d < kCollapsed) {
    out.push_back(concat("all embeddings point the same way: the encoder has collapsed (std x sqrt(d) = ",
                         short_number(f.std_sqrt_d), ", expected about 1)"));
  } else if (directions >= kRankNeeds &&
             f.effective_rank < std::max(2.0, kRankShare * static_cast<double>(directions))) {
    out.push_back(concat("the embeddings spread over few directions: effective rank ", short_number(f.effective_rank),
                         " of at most ", directions, " (dimensional collapse)"));
  }
  landmark_warning(f, loss, landmarks, out);
  if (out.empty()) floor_warning(f, directions, loss, landmarks, out);
  return out;
}

}  // namespace kindred
