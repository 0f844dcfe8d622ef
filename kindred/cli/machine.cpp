// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/machine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <dlfcn.h>
#include <malloc.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace kindred::cli {
namespace {

// Set by prepare_process() in the process it starts: it must not start another, and the core setting is not the user's.
constexpr const char* kRestarted = "KINDRED_RESTARTED";

template <class Function>
Function* find_symbol(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

std::string cpu_info(const char* key) {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const auto colon = line.find(':');
    if (colon != std::string::npos) return line.substr(std::min(colon + 2, line.size()));
  }
  return {};
}

std::string simd_level() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
  return "sse";
#elif defined(__aarch64__)
  return "neon";
#else
  return "unknown";
#endif
}

int usable_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr const char* kMkl = "MKL";
constexpr int kOwnThreads = 1;       // openblas_get_parallel(): 0 none, 1 a pool of its own (-pthread), 2 OpenMP's
constexpr int kKeepBelow = 1 << 30;  // bytes that may lie free at the end of the heap

// glibc maps and unmaps every large tensor, and the page faults cost more than many of the operations on them. No blocks
// are mapped apart: a threshold would not do, for glibc refuses one above 32 MiB.
void keep_large_blocks() {
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, kKeepBelow);
  ::mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace

Machine inspect_machine() {
  Machine machine;
  machine.cpu = cpu_info("model name");
  machine.cores = usable_cores();
  machine.simd = simd_level();
  if (auto* sgemm = ::dlsym(RTLD_DEFAULT, "sgemm_")) {
    Dl_info info;
    if (::dladdr(sgemm, &info) != 0 && info.dli_fname != nullptr) machine.blas = info.dli_fname;
  }
  if (auto* core = find_symbol<char*()>("openblas_get_corename")) machine.blas_core = core();
  if (machine.blas_core.empty() && at::hasMKL()) machine.blas_core = kMkl;  // inside LibTorch; chooses well by itself
  if (auto* config = find_symbol<char*()>("openblas_get_config")) machine.blas_config = config();
  return machine;
}

std::string better_core(const Machine& machine) {
  if (machine.blas_core.empty() || machine.blas_core == kMkl) return {};
  // OpenBLAS's cores by what they use: everything not named here is older than AVX2.
  const bool uses_avx512 = one_of(machine.blas_core, {"SkylakeX", "Cooperlake", "SapphireRapids"});
  const bool uses_avx2 = uses_avx512 || one_of(machine.blas_core, {"Haswell", "Zen", "Excavator"});
  if (machine.simd == "avx512" && !uses_avx512) return "SKYLAKEX";
  if (machine.simd == "avx2" && !uses_avx2) return "HASWELL";
  return {};
}

void prepare_process(char** argv) {
  keep_large_blocks();
  if (std::getenv(kRestarted) != nullptr || std::getenv("OPENBLAS_CORETYPE") != nullptr) return;
  const std::string core = better_core(inspect_machine());
  if (core.empty()) return;
  ::setenv("OPENBLAS_CORETYPE", core.c_str(), 1);
  ::setenv(kRestarted, "1", 1);
  ::execv("/proc/self/exe", argv);  // returns only where it failed: go on with the slow kernels, doctor tells
  ::unsetenv("OPENBLAS_CORETYPE");
}

void set_threads(int threads) {
  if (threads <= 0) threads = usable_cores();
  at::set_num_threads(threads);
  if (auto* set = find_symbol<void(int)>("openblas_set_num_threads")) set(blas_has_own_threads() ? 1 : threads);
}

bool blas_has_own_threads() {
  auto* parallel = find_symbol<int()>("openblas_get_parallel");
  return parallel != nullptr && parallel() == kOwnThreads;
}

int threads_in_use() { return at::get_num_threads(); }

double measure_sgemm() {
  const int64_t n = 1024;
  const auto a = at::ones({n, n}), b = at::ones({n, n});
  auto out = at::empty({n, n});
  double best = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) {
    const auto start = std::chrono::steady_clock::now();
    at::mm_out(out, a, b);
    const auto end = std::chrono::steady_clock::now();
    best = std::max(best, 2e-9 * n * n * n / std::chrono::duration<double>(end - start).count());
    if (i > 2 && std::chrono::duration<double>(end - begin).count() > 0.33) break;
  }
  return best;
}

std::string allocator_text() {
  if (find_symbol<void()>("mi_version") != nullptr) return "mimalloc";
  if (find_symbol<void()>("mallctl") != nullptr) return "jemalloc";
  return "glibc malloc, no block mapped apart from the heap";
}

}  // namespace kindred::cli
