// SPDX-License-Identifier: Apache-2.0
// How much memory tensors take: LibTorch's CPU allocator, counted while an object of this class lives.
//
// Counted are the bytes that tensors ask for; what a BLAS or a kernel's own std::vector takes is not among them.
#pragma once

#include <cstdint>

namespace kindred {

// One at a time in a process; no other thread may make tensors while it is constructed or destroyed. Tensors made
// meanwhile may outlive it.
class PeakMemory {
 public:
  PeakMemory();  // throws Error where one lives already or LibTorch keeps its allocator
  ~PeakMemory();
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;

  // The most bytes at once in CPU tensors made since construction.
  int64_t bytes() const;
};

}  // namespace kindred
