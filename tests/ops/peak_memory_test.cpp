// SPDX-License-Identifier: Apache-2.0
// The count of tensor bytes, against sizes known beforehand: peaks, views, tensors that outlive the count, two in a row.
#include "kindred/ops/peak_memory.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kindred/core/error.h"

namespace kindred {
namespace {

constexpr int64_t kKilo = 1024;  // bytes of 256 floats

at::Tensor kilobytes(int64_t n) { return at::empty({n, 256}); }

TEST(PeakMemory, IsTheMostAtOnceAndNotTheSum) {
  const PeakMemory memory;
  EXPECT_EQ(memory.bytes(), 0);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor a = kilobytes(3), b = kilobytes(4);
    const at::Tensor view = a.slice(0, 1, 2);
    EXPECT_EQ(view.numel(), 256);
  }
  EXPECT_EQ(memory.bytes(), 7 * kKilo);
  const at::Tensor c = kilobytes(6);
  EXPECT_EQ(memory.bytes(), 7 * kKilo);
  const at::Tensor d = kilobytes(2);
  EXPECT_EQ(memory.bytes(), 8 * kKilo);
}

TEST(PeakMemory, CountsTheResultsOfOperations) {
  const at::Tensor x = at::ones({64, 256});
  const PeakMemory memory;
  const at::Tensor product = at::mm(x, x.t());  // [64, 64] float32; x itself is older
  EXPECT_EQ(memory.bytes(), 64 * 64 * 4);
  EXPECT_EQ(product[0][0].item<float>(), 256);
}

TEST(PeakMemory, TensorsMayOutliveItAndOlderOnesMayEndInIt) {
  at::Tensor survivor, older = kilobytes(100);
  {
    const PeakMemory memory;
    older.reset();  // was never counted, so it takes nothing off
    survivor = at::full({256}, 2.0F);
    EXPECT_EQ(memory.bytes(), kKilo);
  }
  survivor.resize_({512});
  EXPECT_EQ(survivor[255].item<float>(), 2);
  survivor.reset();
  const PeakMemory again;
  EXPECT_EQ(again.bytes(), 0);
}

TEST(PeakMemory, OneAtATime) {
  const PeakMemory memory;
  EXPECT_THROW(PeakMemory(), Error);
  const at::Tensor x = kilobytes(1);
  EXPECT_EQ(memory.bytes(), kKilo);  // the first still counts
}

}  // namespace
}  // namespace kindred
