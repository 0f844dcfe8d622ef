// SPDX-License-Identifier: Apache-2.0
// Work whose bits must not depend on the number of threads, although it calls BLAS or LAPACK.
//
// A matrix product that runs on two threads may round differently from one that runs on one. Inside a parallel region
// the engines run on the calling thread alone; so work is cut into parts that depend on the sizes only, at least two of
// them, and each part runs inside the region. Parts write to places of their own and are summed in order afterwards.
#pragma once

#include <ATen/Parallel.h>

#include <cstdint>

namespace kindred {

// Calls part(i) for i in [0, parts), at once on several threads. parts >= 2 for the promise above to hold.
template <class Part>
void for_parts(int64_t parts, const Part& part) {
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) part(i);
  });
}

// Calls work() once, its BLAS and LAPACK calls held to one thread.
template <class Work>
void on_one_thread(const Work& work) {
  for_parts(2, [&](int64_t i) {
    if (i == 0) work();
  });
}

}  // namespace kindred
