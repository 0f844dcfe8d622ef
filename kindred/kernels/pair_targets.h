// SPDX-License-Identifier: Apache-2.0
// Instruction sets that the pair kernels are compiled for: those that differ for them. Later AVX-512 sets add nothing that is
// used, the older SSE ones are SSE4's poorer twins, and SVE has no arrays of vectors (such machines run the NEON version).
// Include before anything of Highway.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
