// SPDX-License-Identifier: Apache-2.0
// What the process runs on: CPU, BLAS and its kernels, threads, allocator. Found out once, before the first tensor.
#pragma once

#include <string>
#include <string_view>

namespace kindred::cli {

struct Machine {
  std::string cpu;          // "AMD EPYC ..."
  int cores = 0;            // this process may use
  std::string simd;         // best of "avx512", "avx2", "sse", or the architecture's name
  std::string blas;         // path of the library that serves sgemm
  std::string blas_core;    // OpenBLAS's name of its kernels ("Zen", "Prescott"), "MKL", or empty
  std::string blas_config;  // OpenBLAS's own description
};
Machine inspect_machine();

// The OPENBLAS_CORETYPE that suits the CPU where `blas_core` is older than the CPU; empty where it is not.
std::string better_core(const Machine& machine);

// Sees to kernels, allocator and threads; call first thing in main. Where OpenBLAS runs kernels older than the CPU and
// the user has not chosen them (OPENBLAS_CORETYPE), the program starts itself once more with the right setting: the
// variable is read when the library loads. argv as main got it.
void prepare_process(char** argv);

// LibTorch's and OpenBLAS's thread counts, both. 0 = one per core.
void set_threads(int threads);
// Whether OpenBLAS is the build with a pool of its own (libopenblas0-pthread, which Debian prefers where both are there). Its
// threads compete with LibTorch's, so set_threads() holds it to one (decision 0004).
bool blas_has_own_threads();
int threads_in_use();

// Best of several 1024^3 float32 products, in GFLOP/s; about a third of a second.
double measure_sgemm();

// "glibc malloc, no block mapped apart from the heap" or what else was set up.
std::string allocator_text();

}  // namespace kindred::cli
