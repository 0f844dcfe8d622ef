// SPDX-License-Identifier: Apache-2.0
// SupCon:  L = 1/|I| sum_i -1/|P(i)| sum_{p in P(i)} ( s_ip/t - logsumexp_{a != i} s_ia/t ),  s = cosine   ("out"), or
//          L = 1/|I| sum_i -log( 1/|P(i)| sum_p exp( s_ip/t - logsumexp_{a != i} s_ia/t ) )                 ("in").
// Source: Khosla et al. 2020, arXiv:2004.11362 eq. 2 and 3. I: the anchors that have a positive.
// Departs from the authors' code, which multiplies by t / base_temperature and counts anchors without positives: options.
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/core/tensor_fwd.h"
#include "kindred/ops/implementation.h"

namespace kindred {

struct Relation;

struct SupConOptions {
  double temperature = 0.1;
  std::string variant = "out";
  double base_temperature = 0;  // the authors' code: 0.07
  bool count_empty = false;     // the authors' code: true
  std::string impl = "auto";
};
inline void visit_fields(FieldList& v, SupConOptions& o) {
  v("temperature", o.temperature, "softmax temperature", above(0));
  v("variant", o.variant, "out: the mean over positives outside the logarithm; in: inside", {"out", "in"});
  v("base_temperature", o.base_temperature,
    "multiply the loss by temperature / this (SupContrast code: 0.07); 0: do not", at_least(0));
  v("count_empty", o.count_empty, "anchors without positives count in the mean with loss 0 (SupContrast code)");
  implementation_field(v, o.impl);
}

// x: [N, D]; rows are normalised here. Pairs the relation ignores are left out below the line. No positives at all: 0.
at::Tensor sup_con(const at::Tensor& x, const Relation& relation, const SupConOptions& options = {});
// groups: [N] int64 codes from 0; rows of one group are positives of each other. Memory O(N D) in the fused version.
at::Tensor sup_con_groups(const at::Tensor& x, const at::Tensor& groups, const SupConOptions& options = {});
// labels: [N] int64; kNoLabel: like no other row.
at::Tensor sup_con(const at::Tensor& x, const at::Tensor& labels, const SupConOptions& options = {});
// ids: [N] int64; rows of one id are positives too, whatever their labels. By groups where an id has one label only.
at::Tensor sup_con(const at::Tensor& x, const at::Tensor& labels, const at::Tensor& ids,
                   const SupConOptions& options = {});

}  // namespace kindred
