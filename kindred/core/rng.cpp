// SPDX-License-Identifier: Apache-2.0
#include "kindred/core/rng.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace kindred {
namespace {

// Multipliers and Weyl constants of Philox 4x32 (Salmon et al. 2011, table 2 and section 3.3).
constexpr uint32_t kM0 = 0xD2511F53, kM1 = 0xCD9E8D57;
constexpr uint32_t kW0 = 0x9E3779B9, kW1 = 0xBB67AE85;
constexpr int kRounds = 10;

// Splits the stream name over Philox's key and counter. Seed and epoch make the key through one Philox call, so that
// the counter keeps room for a 64-bit sample id, view, op and 2^32 blocks.
PhiloxKey stream_key(const StreamName& name) {
  const PhiloxKey seed{static_cast<uint32_t>(name.seed), static_cast<uint32_t>(name.seed >> 32)};
  const auto mixed = philox4x32({name.epoch, 0x6b696e64u, 0x72656421u, 0}, seed);
  return {mixed[0], mixed[1]};
}

}  // namespace

PhiloxCounter philox4x32(PhiloxCounter c, PhiloxKey key) {
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t p0 = uint64_t{kM0} * c[0], p1 = uint64_t{kM1} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ key[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += kW0;
    key[1] += kW1;
  }
  return c;
}

uint64_t mix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

CounterRng::CounterRng(const StreamName& name)
    : key_(stream_key(name)),
      counter_{0, static_cast<uint32_t>(name.sample), static_cast<uint32_t>(name.sample >> 32),
               uint32_t{name.view} << 16 | name.op} {}

uint32_t CounterRng::next_u32() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

uint64_t CounterRng::next_u64() {
  const uint64_t high = next_u32();
  return high << 32 | next_u32();
}

double CounterRng::uniform() { return (next_u32() >> 8) * 0x1p-24; }

uint64_t CounterRng::below(uint64_t n) {
  // Rejection on the smallest power-of-two mask: unbiased, under two draws on average.
  const uint64_t mask = n <= 1 ? 0 : ~uint64_t{0} >> std::countl_zero(n - 1);
  for (;;) {
    const uint64_t value = (n <= 0xFFFFFFFFu ? next_u32() : next_u64()) & mask;
    if (value < n) return value;
  }
}

double CounterRng::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 - u is in (0, 1]
  const double angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

Permutation::Permutation(uint64_t n, const StreamName& name) : n_(n) {
  half_bits_ = n <= 1 ? 1 : (std::bit_width(n - 1) + 1) / 2;
  CounterRng rng(name);
  for (auto& key : round_key_) key = rng.next_u32();
}

uint64_t Permutation::operator()(uint64_t index) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  do {  // cycle walking: the bijection of the larger domain, repeated until it falls inside; terminates at a cycle's end
    uint64_t left = index >> half_bits_, right = index & mask;
    for (size_t round = 0; round < round_key_.size(); ++round) {
      const auto f = philox4x32(
          {static_cast<uint32_t>(right), static_cast<uint32_t>(right >> 32), static_cast<uint32_t>(round), 0},
          {round_key_[round], 0});
      const uint64_t next = left ^ ((uint64_t{f[0]} << 32 | f[1]) & mask);
      left = right;
      right = next;
    }
    index = left << half_bits_ | right;
  } while (index >= n_);
  return index;
}

}  // namespace kindred
