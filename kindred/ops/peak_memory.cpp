// SPDX-License-Identifier: Apache-2.0
#include "kindred/ops/peak_memory.h"

#include <c10/core/Allocator.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <utility>

#include "kindred/core/error.h"

namespace kindred {
namespace {

struct Tally {
  std::atomic<int64_t> now{0}, peak{0};

  void add(int64_t bytes) {
    const int64_t total = now.fetch_add(bytes) + bytes;
    int64_t before = peak.load();
    while (before < total && !peak.compare_exchange_weak(before, total)) {
    }
  }
};

// What a counted tensor owns: the memory itself, and where to report its end.
struct Block {
  c10::DataPtr memory;
  int64_t bytes;
  std::shared_ptr<Tally> tally;
};
void release(void* context) {
  const std::unique_ptr<Block> block(static_cast<Block*>(context));
  block->tally->now -= block->bytes;
}

class CountingAllocator final : public c10::Allocator {
 public:
  // allocate() is const up to LibTorch 2.2 and not const later, copy_data() came later: whichever is there is overridden.
  c10::DataPtr allocate(size_t n) const { return counted(n); }  // NOLINT(modernize-use-override)
  c10::DataPtr allocate(size_t n) { return counted(n); }        // NOLINT(modernize-use-override)
  void copy_data(void* to, const void* from, size_t n) const { std::memcpy(to, from, n); }  // NOLINT

  c10::Allocator* plain = nullptr;  // not null while it counts
  std::shared_ptr<Tally> tally;

 private:
  c10::DataPtr counted(size_t n) const {
    c10::DataPtr memory = plain->allocate(n);
    void* const data = memory.get();
    const c10::Device device = memory.device();
    tally->add(static_cast<int64_t>(n));
    return {data, new Block{std::move(memory), static_cast<int64_t>(n), tally}, &release, device};
  }
};

// Never destroyed: storages remember who allocated them.
CountingAllocator& counting() {
  static auto* const only = new CountingAllocator;
  return *only;
}

}  // namespace

PeakMemory::PeakMemory() {
  CountingAllocator& ours = counting();
  c10::Allocator* const plain = c10::GetAllocator(c10::kCPU);
  if (plain == &ours) throw Error("PeakMemory: expected one at a time, got a second");
  ours.plain = plain;
  ours.tally = std::make_shared<Tally>();
  c10::SetAllocator(c10::kCPU, &ours);
  if (c10::GetAllocator(c10::kCPU) != &ours)
    throw Error("PeakMemory: expected LibTorch to take an allocator, it kept its own");
}

PeakMemory::~PeakMemory() { c10::SetAllocator(c10::kCPU, counting().plain); }

int64_t PeakMemory::bytes() const { return counting().tally->peak; }

}  // namespace kindred
