// SPDX-License-Identifier: Apache-2.0
// sRGB to CIE L*a*b* (white D65, 2 degrees), for views by channel (L against a, b), as in CMC arXiv:1906.05849.
//
// sRGB decoding of IEC 61966-2-1, its XYZ matrix, CIE 1976 with the threshold 0.008856. Values as scikit-image's
// rgb2lab.
#pragma once

#include <cstdint>

namespace kindred {

// rgb: 3 planes of `area` values in [0, 1]. lab: 3 planes: L in [0, 100], a, b about [-108, 98]. May be the same memory.
void image_lab(const float* rgb, int64_t area, float* lab);

}  // namespace kindred
