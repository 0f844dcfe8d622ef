// SPDX-License-Identifier: Apache-2.0
// Memory as the pair kernels want it, with canaries behind it, and random numbers to put there.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <new>
#include <vector>

namespace kindred::test {

// Sizes around vectors (1 to 16 lanes), groups of 8 rows, panels and a whole tile.
inline const std::vector<int64_t> kEdgeSizes{1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 239, 240};

template <class T>
struct OnCacheLines {
  using value_type = T;
  OnCacheLines() = default;
  template <class U>
  OnCacheLines(const OnCacheLines<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* p, size_t) { ::operator delete (p, std::align_val_t{64}); }
  bool operator==(const OnCacheLines&) const { return true; }
};
template <class T>
using Aligned = std::vector<T, OnCacheLines<T>>;

template <class T>
constexpr T kCanary = T(-12345.5);
constexpr int64_t kCanaries = 64;

// count canaries and kCanaries more behind them.
template <class T>
Aligned<T> canaries(int64_t count) {
  return Aligned<T>(static_cast<size_t>(count + kCanaries), kCanary<T>);
}
// All from `begin` on are canaries still.
template <class T>
bool untouched(const Aligned<T>& x, int64_t begin) {
  for (size_t i = static_cast<size_t>(begin); i < x.size(); ++i)
    if (x[i] != kCanary<T>) return false;
  return true;
}

// Uniform in [-1, 1), the same on every machine.
class Uniform {
 public:
  explicit Uniform(uint32_t seed) : state_(seed * 2654435761u + 12345u) {}
  double operator()() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<double>(state_ >> 8) / (1 << 23) - 1;
  }
  int64_t whole(int64_t below) { return static_cast<int64_t>(((*this)() + 1) / 2 * static_cast<double>(below)); }

 private:
  uint32_t state_;
};

// count numbers of one kind. whole: -3 ... 3, whose products and sums are exact.
enum class Kind { kUniform, kWhole, kEqual, kTiny, kHuge };
constexpr Kind kKinds[] = {Kind::kUniform, Kind::kWhole, Kind::kEqual, Kind::kTiny, Kind::kHuge};
template <class T>
Aligned<T> numbers(int64_t count, Kind kind, uint32_t seed) {
  Uniform uniform(seed);
  Aligned<T> out(static_cast<size_t>(count));
  for (auto& x : out) {
    const double u = uniform();
    if (kind == Kind::kUniform) x = static_cast<T>(u);
    if (kind == Kind::kWhole) x = static_cast<T>(std::floor(u * 3.5 + 0.5));
    if (kind == Kind::kEqual) x = T(0.75);
    if (kind == Kind::kTiny) x = static_cast<T>(u * 1e-12);
    if (kind == Kind::kHuge) x = static_cast<T>(u * 1e12);
  }
  return out;
}

template <class T>
constexpr double kRounding = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;

}  // namespace kindred::test
