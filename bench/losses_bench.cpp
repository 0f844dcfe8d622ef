// SPDX-License-Identifier: Apache-2.0
// Losses, forward and backward, beside the bare products of their dense version: seconds, and the ratio of the two.
//
//   kindred_losses_bench [--threads 1,2] [--rounds 5] [--only nt_xent] [--scaling MOST_PAIRS]
//
// The bare products are sgemm calls of the same shapes through the same BLAS; loss and products are timed in turn in one
// process, and the medians over the rounds are divided. A BLAS on the wrong kernels would flatter the ratio: tools/bench.sh
// sees to it that it is on the right ones.
#include <ATen/Parallel.h>
#include <malloc.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "kindred/losses/barlow_twins.h"
#include "kindred/losses/info_nce.h"
#include "kindred/losses/lifted_structure.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/siglip.h"
#include "kindred/losses/sup_con.h"
#include "kindred/losses/triplet.h"
#include "kindred/losses/vicreg.h"

namespace {

using at::Tensor;

struct Case {
  std::string name;
  std::function<void()> loss;      // forward and backward
  std::function<void()> products;  // empty: none, seconds alone
  double reach = 0;                // the ratio (or seconds) to reach on one thread
};

Tensor leaf(int64_t n, int64_t d) { return torch::randn({n, d}).requires_grad_(); }

void backward(const Tensor& loss, const std::vector<Tensor>& leaves) {
  for (const auto& x : leaves) x.mutable_grad() = Tensor();
  loss.backward();
}

// `times` products [n, d] x [d, m], alternating with the products of the way back, [n, m] x [m, d].
std::function<void()> bare(int64_t n, int64_t m, int64_t d, int forward, int back) {
  const Tensor a = torch::randn({n, d}), b = torch::randn({m, d}), s = torch::empty({n, m}), g = torch::empty({n, d});
  return [=] {
    Tensor out = s, gradient = g;
    for (int i = 0; i < forward; ++i) at::mm_out(out, a, b.t());
    for (int i = 0; i < back; ++i) at::mm_out(gradient, s, b);
  };
}

Case nt_xent_case(int64_t pairs, int64_t d, double reach) {
  const Tensor a = leaf(pairs, d), b = leaf(pairs, d);
  return {"nt_xent, " + std::to_string(pairs) + " pairs, d " + std::to_string(d),
          [=] {
            backward(kindred::nt_xent(a, b, {.temperature = 0.5}), {a, b});
          },
          bare(2 * pairs, 2 * pairs, d, 1, 2), reach};
}
Case sup_con_case(int64_t rows, int64_t classes, double reach) {
  const Tensor x = leaf(rows, 128), y = torch::randint(classes, {rows}, torch::kLong);
  return {"sup_con, " + std::to_string(rows) + " rows, " + std::to_string(classes) + " classes, d 128",
          [=] { backward(kindred::sup_con(x, y, {.temperature = 0.1}), {x}); }, bare(rows, rows, 128, 1, 2), reach};
}

std::vector<Case> cases() {
  std::vector<Case> out;
  out.push_back(nt_xent_case(4096, 128, 0.70));
  out.push_back(nt_xent_case(4096, 512, 0.75));
  out.push_back(nt_xent_case(1024, 128, 1.0));
  {
    const Tensor a = leaf(4096, 128), b = leaf(4096, 128);
    out.push_back({"info_nce symmetric, 4096, d 128",
                   [=] {
                     backward(kindred::info_nce(a, b, {.temperature = 0.07, .direction = "symmetric"}), {a, b});
                   },
                   bare(4096, 4096, 128, 1, 2), 1.4});
    out.push_back({"info_nce one way, 4096, d 128",
                   [=] {
                     backward(kindred::info_nce(a, b, {.temperature = 0.07}), {a, b});
                   },
                   bare(4096, 4096, 128, 1, 2), 0});
    out.push_back({"siglip, 4096, d 128",
                   [=] {
                     backward(kindred::siglip(a, b), {a, b});
                   },
                   bare(4096, 4096, 128, 1, 2), 0});
  }
  out.push_back(sup_con_case(8192, 10, 0.85));
  out.push_back(sup_con_case(8192, 100, 0.85));
  {
    const Tensor q = leaf(256, 128), k = torch::randn({256, 128}), queue = torch::randn({65536, 128});
    out.push_back({"info_nce, queue 65536, 256 queries, d 128",
                   [=] { backward(kindred::info_nce_queue(q, k, queue, {.temperature = 0.07}), {q}); },
                   bare(256, 65536, 128, 1, 1), 1.15});
  }
  {
    const Tensor a = leaf(4096, 2048), b = leaf(4096, 2048);
    const Tensor at = torch::randn({2048, 4096}), c = torch::randn({2048, 2048}), z = torch::empty({4096, 2048});
    const auto covariances = [=](int forward, int back) {
      return [=] {
        Tensor square = c, rows = z;
        for (int i = 0; i < forward; ++i) at::mm_out(square, at, a.detach());
        for (int i = 0; i < back; ++i) at::mm_out(rows, a.detach(), c);
      };
    };
    out.push_back({"vicreg, 4096 x 2048", [=] { backward(kindred::vicreg(a, b), {a, b}); }, covariances(2, 2), 1.1});
    out.push_back({"barlow_twins, 4096 x 2048",
                   [=] {
                     backward(kindred::barlow_twins(a, b), {a, b});
                   },
                   covariances(1, 2), 1.1});
  }
  {
    const Tensor x = leaf(512, 128), y = torch::arange(512).remainder(128);
    kindred::TripletOptions all, semi;
    semi.miner.kind = "semi_hard";
    out.push_back({"triplet all, 512 rows, 4 a class", [=] { backward(kindred::triplet(x, y, all), {x}); }, {}, 0.01});
    out.push_back(
        {"triplet semi_hard, 512 rows, 4 a class", [=] { backward(kindred::triplet(x, y, semi), {x}); }, {}, 0.01});
    out.push_back(
        {"lifted_structure, 512 rows, 4 a class", [=] { backward(kindred::lifted_structure(x, y), {x}); }, {}, 0.01});
  }
  return out;
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}
double median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return x[x.size() / 2];
}

struct Measured {
  double loss = 0, products = 0;
};
Measured measure(const Case& c, int rounds) {
  std::vector<double> loss, products;
  c.loss();
  if (c.products) c.products();
  for (int r = 0; r < rounds; ++r) {
    loss.push_back(seconds_of(c.loss));
    if (c.products) products.push_back(seconds_of(c.products));
  }
  return {median(loss), c.products ? median(products) : 0};
}

void table(const std::vector<int>& threads, int rounds, const std::string& only) {
  std::printf(
      "| loss, forward + backward, float32 | threads | seconds | bare products | ratio | to reach "
      "|\n|---|---|---|---|---|---|\n");
  for (const auto& c : cases()) {
    if (c.name.find(only) == std::string::npos) continue;
    for (const int t : threads) {
      at::set_num_threads(t);
      const Measured m = measure(c, rounds);
      std::printf("| %s | %d | %.4f |", c.name.c_str(), t, m.loss);
      if (c.products) std::printf(" %.4f | %.2f | ", m.products, m.loss / m.products);
      else std::printf(" – | – | ");
      if (c.reach > 0) std::printf(c.products ? "<= %.2f |\n" : "<= %.2f s |\n", c.reach);
      else std::printf("– |\n");
      std::fflush(stdout);
    }
  }
}

// nt_xent from 1k to `most` pairs: the time as N^2.
void scaling(int threads, int64_t most) {
  at::set_num_threads(threads);
  std::printf("| pairs, d 128, %d thread(s) | seconds | ns for a pair of rows |\n|---|---|---|\n", threads);
  for (int64_t pairs = 1024; pairs <= most; pairs *= 2) {
    const Tensor a = leaf(pairs, 128), b = leaf(pairs, 128);
    const auto work = [&] { backward(kindred::nt_xent(a, b, {.temperature = 0.5}), {a, b}); };
    if (pairs <= 8192) work();
    const double s = seconds_of(work), rows = 2.0 * static_cast<double>(pairs);
    std::printf("| %ld | %.3f | %.3f |\n", static_cast<long>(pairs), s, s / (rows * rows) * 1e9);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> threads{1, 2};
  int rounds = 5;
  int64_t most = 0;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    if (flag == "--threads") {
      threads.clear();
      for (size_t at = 0; at < value.size();
           at = value.find(',', at) == std::string::npos ? value.size() : value.find(',', at) + 1)
        threads.push_back(std::stoi(value.substr(at)));
    } else if (flag == "--rounds") {
      rounds = std::stoi(value);
    } else if (flag == "--only") {
      only = value;
    } else if (flag == "--scaling") {
      most = std::stol(value);
    }
  }
  // As the program does: large blocks stay in the heap (docs/decisions/0018-allocator.md).
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  ::mallopt(M_TOP_PAD, 64 << 20);
  torch::manual_seed(0);
  if (most > 0) scaling(threads.front(), most);
  else table(threads, rounds, only);
  return 0;
}
