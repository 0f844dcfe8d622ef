// SPDX-License-Identifier: Apache-2.0
// Which OpenBLAS kernels suit which CPU, as a table; and that the measurements measure.
#include "kindred/cli/machine.h"

#include <dlfcn.h>

#include <gtest/gtest.h>

namespace kindred::cli {
namespace {

TEST(Machine, BetterCore) {
  struct Case {
    const char* simd;
    const char* core;
    const char* better;
  };
  for (const auto& item :
       {Case{"avx512", "Prescott", "SKYLAKEX"}, Case{"avx512", "Haswell", "SKYLAKEX"},
        Case{"avx512", "Zen", "SKYLAKEX"}, Case{"avx512", "SkylakeX", ""}, Case{"avx512", "Cooperlake", ""},
        Case{"avx512", "SapphireRapids", ""}, Case{"avx2", "Prescott", "HASWELL"}, Case{"avx2", "Nehalem", "HASWELL"},
        Case{"avx2", "Sandybridge", "HASWELL"}, Case{"avx2", "Zen", ""}, Case{"avx2", "Haswell", ""},
        Case{"sse", "Prescott", ""}, Case{"neon", "armv8", ""}, Case{"avx512", "", ""}, Case{"avx512", "MKL", ""}}) {
    Machine machine;
    machine.simd = item.simd;
    machine.blas_core = item.core;
    EXPECT_EQ(better_core(machine), item.better) << item.simd << " " << item.core;
  }
}

TEST(Machine, InspectFindsCpuAndCores) {
  const auto machine = inspect_machine();
  EXPECT_GE(machine.cores, 1);
  EXPECT_FALSE(machine.simd.empty());
  EXPECT_FALSE(machine.blas.empty());
}

TEST(Machine, ThreadsAreSet) {
  set_threads(1);
  EXPECT_EQ(threads_in_use(), 1);
  set_threads(2);
  EXPECT_EQ(threads_in_use(), 2);
  if (auto* count = reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "openblas_get_num_threads"))) {
    EXPECT_EQ(count(), blas_has_own_threads() ? 1 : 2);  // a second pool would compete with LibTorch's
  }
}

}  // namespace
}  // namespace kindred::cli
