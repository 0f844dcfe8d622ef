// SPDX-License-Identifier: Apache-2.0
// The shape of the cloud of test embeddings; training rows are not looked at.
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/eval/cloud.h"
#include "kindred/eval/collapse.h"
#include "kindred/eval/labelled.h"
#include "kindred/eval/probe.h"
#include "kindred/eval/protocols.h"

namespace kindred {
namespace {

// At most `most` positions, evenly over 0..n-1.
std::vector<int64_t> thinned(int64_t n, int64_t most) {
  const int64_t kept = std::min(n, most);
  std::vector<int64_t> out;
  for (int64_t i = 0; i < kept; ++i) out.push_back(i * n / kept);
  return out;
}

}  // namespace

void visit_fields(FieldList& v, GeometryOptions& o) {
  v("max_rows", o.max_rows, "rows looked at; more are thinned evenly", at_least(2));
}

EvalResult geometry(const Embeddings& train, const Embeddings& test, const GeometryOptions& options) {
  GeometryOptions o = options;
  check_fields(fields_of(o), "geometry");
  const Embeddings e = checked_embeddings("geometry", "the test rows", test);
  const int64_t n = e.rows.size(0), d = e.rows.size(1);
  check(n >= 2, "geometry: expected at least two test rows, got ", n);
  const auto positions = thinned(n, o.max_rows);
  const auto unit = unit_rows_double(rows_at(e.rows, positions));
  const auto rows = unit.size(0);
  const CollapseFigures f{std_sqrt_d(unit), effective_rank(unit), std::nan(""), uniformity(unit)};

  EvalResult result;
  result.protocol = "geometry";
  result.n_train = train.rows.defined() ? train.rows.size(0) : 0;
  result.n_test = n;
  if (!e.source.empty()) result.settings.emplace_back("test", e.source);
  result.settings.emplace_back("rows", std::to_string(rows));
  result.settings.emplace_back("dims", std::to_string(d));
  result.settings.emplace_back("metric", "cosine");
  result.figures = {{"std_sqrt_d", f.std_sqrt_d, {}, false},
                    {"effective_rank", f.effective_rank, {}, false},
                    {"uniformity", f.uniformity, {}, false}};
  if (e.labels.defined()) {
    const int64_t* label = e.labels.data_ptr<int64_t>();
    const double within_class = tolerance(unit, entries_at({label, label + n}, positions));
    if (!std::isnan(within_class)) result.figures.push_back({"tolerance", within_class, {}, false});
  }
  result.warnings = collapse_warnings(f, rows, d, std::nan(""), {});
  return result;
}

}  // namespace kindred
