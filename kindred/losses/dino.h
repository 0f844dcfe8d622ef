// SPDX-License-Identifier: Apache-2.0
// DINO:  L = mean over pairs (t, v), t != v, of  -1/B sum softmax((g_t - c) / t_t) . log softmax(g_v / t_s),
// g the head's outputs, teacher views t without gradient, c the running centre.
// Source: Caron et al. 2021, arXiv:2104.14294 eq. 1 to 4 and the authors' code.
#pragma once

#include <cstdint>
#include <vector>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"

namespace kindred {

struct DinoOptions {
  double student_temperature = 0.1;
  double teacher_temperature = 0.04;  // the paper warms up to 0.07 over 30 epochs
};
inline void visit_fields(FieldList& v, DinoOptions& o) {
  v("student_temperature", o.student_temperature, "of the student's outputs", above(0));
  v("teacher_temperature", o.teacher_temperature, "of the teacher's outputs; smaller is sharper", above(0));
}

// student: two or more of [B, K]; teacher: one or more of [B, K], teacher[i] seeing the crop of student[i]; no gradient.
// center: [K] or undefined (0). Throws InvalidArgument, NonFinite.
at::Tensor dino(const std::vector<at::Tensor>& student, const std::vector<at::Tensor>& teacher,
                const at::Tensor& center, const DinoOptions& options = {});

// momentum c + (1 - momentum) mean of all teacher rows; c undefined counts as 0.
at::Tensor dino_center(const at::Tensor& center, const std::vector<at::Tensor>& teacher, double momentum = 0.9);

}  // namespace kindred
