// SPDX-License-Identifier: Apache-2.0
// kindred doctor: what this machine gives, and what is wrong with it or with a run.
#include <sys/wait.h>
#include <torch/version.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/cli/machine.h"
#include "kindred/cli/run_report.h"
#include "kindred/core/error.h"
#include "kindred/core/version.h"

namespace kindred::cli {
namespace {

struct DoctorFlags {
  std::string run;
  int64_t threads = 0;
  bool json = false, probe = false;
};
void visit_fields(FieldList& v, DoctorFlags& o) {
  v("run", o.run, "also look at this run directory");
  v("threads", o.threads, "computing threads; 0 = one per core", at_least(0));
  v("json", o.json, "one JSON object");
  v("probe", o.probe, "print only the speed of a float32 matrix product, in GFLOP/s");
}

// The product's speed under another OPENBLAS_CORETYPE, measured by a second process; 0 where that failed.
double probe_with_core(const std::string& core, int64_t threads) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return 0;
  const std::string count = std::to_string(threads);
  const pid_t child = ::fork();
  if (child < 0) return 0;
  if (child == 0) {
    ::setenv("OPENBLAS_CORETYPE", core.c_str(), 1);
    ::dup2(pipe[1], STDOUT_FILENO);
    ::execl("/proc/self/exe", "kindred", "doctor", "--probe", "--threads", count.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(pipe[1]);
  char text[64] = {};
  const ssize_t got = ::read(pipe[0], text, sizeof text - 1);
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return got > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? std::atof(text) : 0;
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f", value);
  return text;
}

std::vector<std::string> machine_problems(const Machine& machine, double gflops, int64_t threads) {
  std::vector<std::string> problems;
  if (machine.blas_core.empty()) {
    problems.push_back("matrix products do not run on OpenBLAS (" +
                       (machine.blas.empty() ? "no BLAS found" : machine.blas) + ", " + rounded(gflops) +
                       " GFLOP/s): install libopenblas0-openmp");
  } else if (const auto core = better_core(machine); !core.empty()) {
    const char* chosen = std::getenv("OPENBLAS_CORETYPE");
    const double possible = probe_with_core(core, threads);
    problems.push_back(
        "OpenBLAS runs its " + machine.blas_core + " kernels, older than this CPU: " + rounded(gflops) +
        " GFLOP/s where " + core + " gives " + rounded(possible) + "; " +
        (chosen ? "unset OPENBLAS_CORETYPE (now " + std::string(chosen) + ")" : "set OPENBLAS_CORETYPE=" + core));
  }
  if (threads_in_use() < machine.cores && threads == 0)
    problems.push_back(concat("LibTorch uses ", threads_in_use(), " thread(s) of ", machine.cores, " cores"));
  return problems;
}

}  // namespace

int run_doctor(Arguments arguments, Io& io) {
  DoctorFlags flags;
  const auto fields = fields_of(flags);
  const auto typed = parse_flags({.command = "doctor",
                                  .summary = "this machine's set-up, and what is wrong with it or with a run",
                                  .example = "kindred doctor --json\nkindred doctor --run run"},
                                 fields, arguments, io);
  if (!typed) return 0;
  typed->apply(fields);
  set_threads(static_cast<int>(flags.threads));
  const double gflops = measure_sgemm();
  if (flags.probe) {
    io.out << gflops << "\n";
    return 0;
  }
  const Machine machine = inspect_machine();
  auto problems = machine_problems(machine, gflops, flags.threads);
  if (!flags.run.empty())
    for (const auto& warning : run_report_data(flags.run).warnings)
      problems.push_back("run " + flags.run + ": " + warning);

  const std::string torch = concat(TORCH_VERSION_MAJOR, ".", TORCH_VERSION_MINOR, ".", TORCH_VERSION_PATCH);
  if (flags.json) {
    const Json report = {{"kindred", kVersion},
                         {"torch", torch},
                         {"blas", machine.blas},
                         {"blas_core", machine.blas_core},
                         {"blas_config", machine.blas_config},
                         {"blas_held_to_one_thread", blas_has_own_threads()},
                         {"blas_core_set_by_kindred", std::getenv("KINDRED_RESTARTED") != nullptr},
                         {"cpu", machine.cpu},
                         {"cores", machine.cores},
                         {"simd", machine.simd},
                         {"threads", threads_in_use()},
                         {"sgemm_gflops", gflops},
                         {"allocator", allocator_text()},
                         {"problems", problems}};
    io.out << report.dump() << "\n";
  } else {
    io.out << "kindred    " << kVersion << "\nLibTorch   " << torch << "\nCPU        " << machine.cpu << ", "
           << machine.cores << " cores, " << machine.simd << "\nBLAS       " << machine.blas << ", core "
           << (machine.blas_core.empty() ? "unknown" : machine.blas_core)
           << (std::getenv("KINDRED_RESTARTED") ? " (set by kindred)" : "")
           << (blas_has_own_threads()
                   ? ", held to one thread: its own compete with LibTorch's; libopenblas0-openmp is faster"
                   : "")
           << "\nthreads    " << threads_in_use() << "\nsgemm      " << rounded(gflops) << " GFLOP/s\nallocator  "
           << allocator_text() << "\n";
    for (const auto& problem : problems) io.out << "problem: " << problem << "\n";
    if (problems.empty()) io.out << "no problems\n";
  }
  return problems.empty() ? 0 : 1;
}

}  // namespace kindred::cli
