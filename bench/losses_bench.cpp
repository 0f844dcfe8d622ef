// SPDX-License-Identifier: Apache-2.0
// Forward and backward of the losses, B pairs of D = 128; items are pairs.
#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include "kindred/losses/nt_xent.h"

namespace {

void nt_xent(benchmark::State& state) {
  const int64_t batch = state.range(0);
  torch::manual_seed(0);
  auto z1 = torch::randn({batch, 128}).requires_grad_();
  auto z2 = torch::randn({batch, 128}).requires_grad_();
  for (auto _ : state) {
    z1.mutable_grad() = {};
    z2.mutable_grad() = {};
    kindred::nt_xent(z1, z2).backward();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(nt_xent)->Arg(256)->Arg(1024)->Arg(4096)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
