// SPDX-License-Identifier: Apache-2.0
// Principal components through the Gram matrix of the smaller side, in float64.
#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/eval/map.h"
#include "kindred/eval/one_thread.h"

namespace kindred {
namespace {

// The sign that makes the entry of largest magnitude (the first among equals) positive.
double sign_of(const at::Tensor& loading) {
  const auto held = loading.contiguous();
  const double* v = held.data_ptr<double>();
  int64_t most = 0;
  for (int64_t i = 1; i < held.numel(); ++i)
    if (std::abs(v[i]) > std::abs(v[most])) most = i;
  return v[most] < 0 ? -1 : 1;
}

// x: [N, D] centred. Returns [N, dims], columns beyond the rank zero.
at::Tensor components(const at::Tensor& x, int64_t dims) {
  const bool wide = x.size(0) < x.size(1);
  const auto gram = wide ? at::mm(x, x.t()) : at::mm(x.t(), x);
  const auto [values, vectors] = at::linalg_eigh(gram);
  auto out = at::zeros({x.size(0), dims}, at::kDouble);
  const int64_t side = gram.size(0);
  const double largest = values[side - 1].item<double>();
  for (int64_t c = 0; c < std::min(dims, side); ++c) {
    const double value = values[side - 1 - c].item<double>();  // ascending order
    if (!(value > 1e-14 * largest)) break;
    const auto vector = vectors.select(1, side - 1 - c).contiguous();
    // Wide: the eigenvector u is the scores over their length; its loading is x^T u over that length.
    const auto loading = wide ? at::mm(x.t(), vector.unsqueeze(1)).squeeze(1) : vector;
    const auto scores = wide ? vector * std::sqrt(value) : at::mm(x, vector.unsqueeze(1)).squeeze(1);
    out.select(1, c).copy_(scores * sign_of(loading));
  }
  return out;
}

}  // namespace

at::Tensor pca(const at::Tensor& rows, int64_t dims) {
  check(rows.defined() && rows.dim() == 2, "pca: expected rows [N, D], got ",
        rows.defined() ? concat(rows.dim(), " dimensions") : "no tensor");
  check(dims >= 1, "pca: expected dims >= 1, got ", dims);
  check(at::isfinite(rows).all().item<bool>(), "pca: expected finite rows, got a value that is not");
  if (rows.size(0) == 0 || rows.size(1) == 0) return at::zeros({rows.size(0), dims}, at::kFloat);
  at::Tensor out;
  on_one_thread([&] {
    const auto x = rows.detach().to(at::kCPU, at::kDouble);
    out = components((x - x.mean(0, /*keepdim=*/true)).contiguous(), dims).to(at::kFloat);
  });
  return out;
}

}  // namespace kindred
