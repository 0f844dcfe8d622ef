// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: Philox 4x32-10, keyed by what is drawn and not by what was drawn before.
//
// Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3" (SC'11); checked against the
// known-answer vectors of its Random123 distribution.
//
// A stream is named by (seed, epoch, sample id, view, op). Its numbers depend on nothing else: not on the thread, the
// batch, the process count, or what was drawn before a resume.
#pragma once

#include <array>
#include <cstdint>

namespace kindred {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

// The ten-round bijection.
PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key);

// What a stream is for. Values are part of what makes a run reproducible: do not renumber.
enum class RngOp : uint16_t {
  kShuffle = 1,    // order of an epoch
  kInit = 2,       // weight initialisation
  kStep = 3,       // everything inside a training step that asks LibTorch's generator (dropout)
  kBootstrap = 4,  // resampling for intervals
  kSubset = 5,     // validation splits, few-shot draws
  kGolden = 6,     // synthetic inputs of the golden embeddings
  kMap = 7,        // the report's 2-D map
  kTest = 8,       // tests and verify commands
  kAugment = 64,   // kAugment + n: the n-th operation of a view recipe (views/ fixes the numbers)
};

struct StreamName {
  uint64_t seed = 0;
  uint32_t epoch = 0;
  uint64_t sample = 0;
  uint16_t view = 0;
  uint16_t op = 0;
};

// Draws from one stream. Cheap to make (no state beyond the name and a counter); not thread-safe, make one per use.
class CounterRng {
 public:
  explicit CounterRng(const StreamName& name);
  CounterRng(uint64_t seed, RngOp op, uint64_t sample = 0, uint32_t epoch = 0)
      : CounterRng(StreamName{.seed = seed, .epoch = epoch, .sample = sample, .op = static_cast<uint16_t>(op)}) {}

  uint32_t next_u32();
  uint64_t next_u64();
  // Uniform in [0, 1) with 24 random bits: the same value in float and in double.
  double uniform();
  // Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Uniform in [0, n), unbiased. n >= 1.
  uint64_t below(uint64_t n);
  // True with probability p.
  bool chance(double p) { return uniform() < p; }
  // Standard normal (Box-Muller; one of the pair is kept for the next call).
  double normal();

 private:
  PhiloxKey key_;
  PhiloxCounter counter_;
  PhiloxCounter block_{};
  int used_ = 4;
  bool has_spare_ = false;
  double spare_ = 0;
};

// A pseudo-random bijection of [0, n) with O(1) memory: element i of a shuffled order, computed on its own.
// Feistel network of six Philox rounds on the smallest even-bit domain that holds n, walked until the value is below n.
class Permutation {
 public:
  Permutation(uint64_t n, const StreamName& name);  // n >= 1
  uint64_t operator()(uint64_t index) const;        // index < n
  uint64_t size() const { return n_; }

 private:
  uint64_t n_;
  int half_bits_;
  std::array<uint32_t, 6> round_key_;
};

// A well-mixed 64-bit hash (splitmix64's finaliser); used to make seeds from counters and ids from bytes.
uint64_t mix64(uint64_t value);

}  // namespace kindred
