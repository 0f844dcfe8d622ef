// SPDX-License-Identifier: Apache-2.0
// Positive pairs that are not two crops of one picture: where the second picture comes from.
//
//   self   the sample itself: every view is made of it
//   given  the sample's own pictures (csv with several image columns, tar with image=A,B): view v is of picture v mod P
//   time   another sample of the same group, at most `window` away in time: neighbours in a clip, never over its ends
//   group  another sample of the same group: one thing seen by several sensors
//   label  another sample of the same class
//   score  another sample whose score differs by at most `window`: labels within a distance
//
// In the last four the even views are of the sample and the odd ones of its partner, which is drawn anew in each epoch,
// uniformly, from a stream named by seed, epoch and the sample's id. Where there is no other sample to draw (a group of
// one, no label), the partner is the sample itself. The partner's views draw from the streams of the sample, so that one
// partner of two samples is not seen twice in the same way.
// Sources: time-contrastive pairs arXiv:1704.06888 (single view); several sensors arXiv:1906.05849 (CMC); same label
// arXiv:2004.11362 (SupCon).
#pragma once

#include <string>

#include "kindred/core/fields.h"
#include "kindred/data/dataset.h"
#include "kindred/views/views.h"

namespace kindred {

struct PositiveOptions {
  std::string from = "auto";  // auto: given, where the data have several pictures a sample, else self
  double window = 1;          // for time and score, in the data set's unit (frames: positions)
};
void visit_fields(FieldList& v, PositiveOptions& o);

// base, made of the pictures that the options choose; base itself for self. Takes 24 bytes of memory for each sample
// (time, group, label, score). Throws InvalidArgument where the data set lacks what is asked for.
// The samples that make() is given must be those of the data set, with Sample::index.
ViewsPtr positive_views(DatasetPtr dataset, ViewsPtr base, const PositiveOptions& options);

}  // namespace kindred
