// SPDX-License-Identifier: Apache-2.0
// Work whose bits must not depend on the number of threads, although it calls BLAS or LAPACK.
//
// A matrix product that runs on two threads may round differently from one that runs on one. So work is cut into parts that
// depend on the sizes only, at least two of them, and each part runs inside a parallel region, where the engines start no
// threads of their own. Parts write to places of their own and are summed in order afterwards.
//
// That is enough for OpenBLAS. MKL starts none either, but LibTorch has told it how many there are, and it cuts its products
// and factorisations for so many even where one thread then does all of it: the last bits move. It is told 1 for as long.
#pragma once

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <cstdint>

namespace kindred {

// While it lives, MKL called from this thread works as on a machine of one. Other engines: nothing (and nothing spent:
// LibTorch 1.13 makes its pool of threads anew with every change, milliseconds each).
class OneThread {
 public:
  OneThread() {
    if (before_ > 1) at::set_num_threads(1);
  }
  ~OneThread() {
    if (before_ > 1) at::set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_ = at::hasMKL() ? at::get_num_threads() : 1;
};

// Calls part(i) for i in [0, parts), at once on several threads. parts >= 2 for the promise above to hold.
template <class Part>
void for_parts(int64_t parts, const Part& part) {
  at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
    const OneThread held;
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
