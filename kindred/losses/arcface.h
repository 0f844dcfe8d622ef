// SPDX-License-Identifier: Apache-2.0
// ArcFace: cross-entropy of s cos(theta_c), where the own class has s cos(theta_y + m), and past theta = pi - m the monotone
// s (cos(theta) - m sin m). form = "cosface": s (cos(theta_y) - m).
// Source: Deng et al. 2019, arXiv:1801.07698 eq. 3 and its code; Wang et al. 2018, CosFace, arXiv:1801.09414 eq. 4 (m = 0.35).
// cos(theta + m) = c cos m - sqrt(1 - c^2) sin m with 1 - c^2 held at 1e-6 or more: no arc cosine, whose slope is infinite at +-1.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct ArcfaceOptions {
  double scale = 64;
  double margin = 0.5;  // radians (28.65 degrees); cosface: on the cosine
  std::string form = "arcface";
};
inline void visit_fields(FieldList& v, ArcfaceOptions& o) {
  v("scale", o.scale, "of the logits", above(0));
  v("margin", o.margin, "radians added to the angle of the own class (cosface: taken from its cosine)",
    from_below(0, 1.5707963267948966));
  v("form", o.form, "arcface or cosface", {"arcface", "cosface"});
}

// x: [N, D]; labels: [N] int64 in [0, C), kNoLabel rows are left out; weights: [C, D] with gradient. Rows and weights are
// normalised here. Without labelled rows: 0 with a gradient path. Throws InvalidArgument, NonFinite.
at::Tensor arcface(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& weights,
                   const ArcfaceOptions& options = {});

}  // namespace kindred
