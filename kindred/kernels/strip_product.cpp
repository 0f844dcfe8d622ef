// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/strip_product.h"

#include <algorithm>

#include "kindred/kernels/pair_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/strip_product.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kindred/kernels/pair_multiply-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Rows and columns of a square change places, 16 bytes each: to[k * step + r] = x(r, k) scale(k) + shift(k).
#if HWY_TARGET == HWY_SCALAR
template <class T>
void turn(const T* x, int64_t stride, const T* scale, const T* shift, T* to, int64_t step) {
  constexpr int64_t kSquare = 16 / sizeof(T);
  for (int64_t r = 0; r < kSquare; ++r)
    for (int64_t k = 0; k < kSquare; ++k) to[k * step + r] = x[r * stride + k] * scale[k] + shift[k];
}
#else
HWY_INLINE void turn(const float* HWY_RESTRICT x, int64_t stride, const float* HWY_RESTRICT scale,
                     const float* HWY_RESTRICT shift, float* HWY_RESTRICT to, int64_t step) {
  const hn::FixedTag<float, 4> d;
  const auto by = hn::LoadU(d, scale), plus = hn::LoadU(d, shift);
  const auto row = [&](int64_t r) { return hn::MulAdd(hn::LoadU(d, x + r * stride), by, plus); };
  const auto a = row(0), b = row(1), c = row(2), e = row(3);
  const auto low = hn::InterleaveLower(d, a, b), high = hn::InterleaveUpper(d, a, b),
             low_2 = hn::InterleaveLower(d, c, e), high_2 = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, low_2, low), d, to);
  hn::StoreU(hn::ConcatUpperUpper(d, low_2, low), d, to + step);
  hn::StoreU(hn::ConcatLowerLower(d, high_2, high), d, to + 2 * step);
  hn::StoreU(hn::ConcatUpperUpper(d, high_2, high), d, to + 3 * step);
}
HWY_INLINE void turn(const double* HWY_RESTRICT x, int64_t stride, const double* HWY_RESTRICT scale,
                     const double* HWY_RESTRICT shift, double* HWY_RESTRICT to, int64_t step) {
  const hn::FixedTag<double, 2> d;
  const auto by = hn::LoadU(d, scale), plus = hn::LoadU(d, shift);
  const auto a = hn::MulAdd(hn::LoadU(d, x), by, plus), b = hn::MulAdd(hn::LoadU(d, x + stride), by, plus);
  hn::StoreU(hn::InterleaveLower(d, a, b), d, to);
  hn::StoreU(hn::InterleaveUpper(d, a, b), d, to + step);
}
#endif

template <class T>
void rows(const T* HWY_RESTRICT x, int64_t stride, int64_t n, int64_t dims, const T* HWY_RESTRICT scale,
          const T* HWY_RESTRICT shift, int64_t width, T* HWY_RESTRICT out) {
  constexpr int64_t kTurned = 16 / sizeof(T), kStretch = 16;  // columns at a time: they stay in the first-level cache
  for (int64_t begin = 0; begin < n; begin += width, out += width * dims) {
    const int64_t count = std::min(width, n - begin);
    const T* const mine = x + begin * stride;
    for (int64_t from = 0; from < dims; from += kStretch) {
      const int64_t to = std::min(dims, from + kStretch), whole = from + (to - from) / kTurned * kTurned;
      int64_t r = 0;
      for (; r + kTurned <= count; r += kTurned) {
        for (int64_t k = from; k < whole; k += kTurned)
          turn(mine + r * stride + k, stride, scale + k, shift + k, out + k * width + r, width);
        for (int64_t k = whole; k < to; ++k)
          for (int64_t q = r; q < r + kTurned; ++q) out[k * width + q] = mine[q * stride + k] * scale[k] + shift[k];
      }
      for (int64_t k = from; k < to; ++k) {
        for (int64_t q = r; q < count; ++q) out[k * width + q] = mine[q * stride + k] * scale[k] + shift[k];
        std::fill(out + k * width + count, out + (k + 1) * width, T{0});
      }
    }
  }
}

template <class T, class D>
void columns_by(D d, const T* HWY_RESTRICT x, int64_t stride, int64_t n, int64_t dims, const T* HWY_RESTRICT scale,
                const T* HWY_RESTRICT shift, int64_t width, T* HWY_RESTRICT out) {
  const auto lane = static_cast<int64_t>(hn::Lanes(d));
  constexpr int64_t kStretch =
      16;  // rows at a time: they are read along, and each strip's part is written in one piece
  for (int64_t from = 0; from < dims; from += kStretch) {
    const int64_t to = std::min(dims, from + kStretch);
    for (int64_t begin = 0; begin < n; begin += width) {
      const int64_t count = std::min(width, n - begin), whole = count / lane * lane;
      T* const strip = out + begin * dims;
      for (int64_t r = 0; r < whole; r += lane) {
        const auto by = hn::LoadU(d, scale + begin + r), plus = hn::LoadU(d, shift + begin + r);
        for (int64_t k = from; k < to; ++k)
          hn::StoreU(hn::MulAdd(hn::LoadU(d, x + k * stride + begin + r), by, plus), d, strip + k * width + r);
      }
      for (int64_t k = from; k < to; ++k) {
        for (int64_t r = whole; r < count; ++r)
          strip[k * width + r] = x[k * stride + begin + r] * scale[begin + r] + shift[begin + r];
        std::fill(strip + k * width + count, strip + (k + 1) * width, T{0});
      }
    }
  }
}

template <class T>
void columns(const T* x, int64_t stride, int64_t n, int64_t dims, const T* scale, const T* shift, int64_t width,
             T* out) {
  if (width % lanes<T>() == 0) columns_by(Lanes<T>(), x, stride, n, dims, scale, shift, width, out);
  else columns_by(hn::CappedTag<T, kRows>(), x, stride, n, dims, scale, shift, width, out);
}

constexpr int64_t kPass = 132;  // dimensions: a panel's part and a strip's stay in a first-level cache of 32 KB

template <class T>
void products(const T* a, int64_t a_rows, int64_t depth, const T* b, int64_t b_rows, int64_t b_dims, int64_t from,
              bool add, T* s) {
  const int64_t width = panel<T>(), group = kVectors * lanes<T>(), parts = width / group;
  const int64_t blocks = (a_rows + kRows - 1) / kRows, groups = (b_rows + width - 1) / width * parts;
  const int64_t passes = (depth + kPass - 1) / kPass, each = (depth + passes - 1) / passes;
  const T* const right_panels = b + from * width;
  for (int64_t done = 0; done < depth; done += each) {
    const int64_t length = std::min(each, depth - done), after = std::min(each, depth - done - length);
    const auto part = [&](int64_t g) {
      return right_panels + g / parts * width * b_dims + done * width + g % parts * group;
    };
    for (int64_t g = 0; g < groups; ++g) {
      const T* const right = part(g);
      const bool last = g + 1 == groups;
      // Of this pass, of the next one, or of the panels behind.
      const T* const next = !last       ? part(g + 1)
                            : after > 0 ? right_panels + (done + length) * width
                                        : right_panels + groups / parts * width * b_dims;
      for (int64_t block = 0; block < blocks; ++block) {
        const T* const left = a + block * kRows * depth + done * kRows;
        fetch<kVectors>(next, width, last && after > 0 ? after : length, block, blocks);
        fetch<1>(left + length * kRows, lanes<T>(), after * kRows / lanes<T>(), g, groups);  // of a, the next pass
        multiply<kVectors, 1>(left, kRows, right, width, length, s + block * kRows * kTileRows + g * group, kTileRows,
                              add || done > 0);
      }
    }
  }
}

template <class T>
void finish(const T* HWY_RESTRICT s, int64_t rows, int64_t columns, const Finish<T>& f) {
  const Lanes<T> d;
  const int64_t width = lanes<T>(), whole = columns / width * width;
  constexpr int64_t kAhead = 2;  // rows
  const bool aligned = reinterpret_cast<uintptr_t>(f.out) % (static_cast<uintptr_t>(width) * sizeof(T)) == 0;
  const bool past = f.past_caches && aligned && f.out_stride % width == 0;
  for (int64_t r = 0; r < rows; ++r) {
    const T* const sums = s + r * kTileRows;
    const T* HWY_RESTRICT x = f.x + r * f.x_stride;
    const T* HWY_RESTRICT less = f.less == nullptr ? nullptr : f.less + r * f.less_stride;
    T* HWY_RESTRICT out = f.out + r * f.out_stride;
    for (int64_t c = 0; c < whole; c += width) {
      __builtin_prefetch(x + kAhead * f.x_stride + c);
      auto more = hn::LoadU(d, x + c);
      if (less != nullptr) {
        __builtin_prefetch(less + kAhead * f.less_stride + c);
        more = hn::Sub(more, hn::LoadU(d, less + c));
      }
      const auto plus = hn::MulAdd(more, hn::LoadU(d, f.factors + c), hn::LoadU(d, f.constants + c));
      const auto all = hn::MulAdd(hn::LoadU(d, sums + c), hn::LoadU(d, f.by + c), plus);
      if (past) {
        hn::Stream(all, d, out + c);
      } else {
        __builtin_prefetch(out + kAhead * f.out_stride + c, 1);
        hn::StoreU(all, d, out + c);
      }
    }
    for (int64_t c = whole; c < columns; ++c)
      out[c] = sums[c] * f.by[c] + ((less == nullptr ? x[c] : x[c] - less[c]) * f.factors[c] + f.constants[c]);
  }
  if (past) hwy::FlushStream();
}

int64_t strip() { return kRows; }
void finish_float(const float* s, int64_t rows, int64_t columns, const Finish<float>& f) {
  finish(s, rows, columns, f);
}
void finish_double(const double* s, int64_t rows, int64_t columns, const Finish<double>& f) {
  finish(s, rows, columns, f);
}
void rows_float(const float* x, int64_t stride, int64_t n, int64_t dims, const float* scale, const float* shift,
                int64_t width, float* out) {
  rows(x, stride, n, dims, scale, shift, width, out);
}
void rows_double(const double* x, int64_t stride, int64_t n, int64_t dims, const double* scale, const double* shift,
                 int64_t width, double* out) {
  rows(x, stride, n, dims, scale, shift, width, out);
}
void columns_float(const float* x, int64_t stride, int64_t n, int64_t dims, const float* scale, const float* shift,
                   int64_t width, float* out) {
  columns(x, stride, n, dims, scale, shift, width, out);
}
void columns_double(const double* x, int64_t stride, int64_t n, int64_t dims, const double* scale, const double* shift,
                    int64_t width, double* out) {
  columns(x, stride, n, dims, scale, shift, width, out);
}
void products_float(const float* a, int64_t a_rows, int64_t depth, const float* b, int64_t b_rows, int64_t b_dims,
                    int64_t from, bool add, float* s) {
  products(a, a_rows, depth, b, b_rows, b_dims, from, add, s);
}
void products_double(const double* a, int64_t a_rows, int64_t depth, const double* b, int64_t b_rows, int64_t b_dims,
                     int64_t from, bool add, double* s) {
  products(a, a_rows, depth, b, b_rows, b_dims, from, add, s);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {
HWY_EXPORT(strip);
HWY_EXPORT(finish_float);
HWY_EXPORT(finish_double);
HWY_EXPORT(rows_float);
HWY_EXPORT(rows_double);
HWY_EXPORT(columns_float);
HWY_EXPORT(columns_double);
HWY_EXPORT(products_float);
HWY_EXPORT(products_double);
}  // namespace

int64_t strip_width() { return HWY_DYNAMIC_DISPATCH(strip)(); }
void pack_rows(const float* x, int64_t stride, int64_t n, int64_t dims, const float* scale, const float* shift,
               int64_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(rows_float)(x, stride, n, dims, scale, shift, width, out);
}
void pack_rows(const double* x, int64_t stride, int64_t n, int64_t dims, const double* scale, const double* shift,
               int64_t width, double* out) {
  HWY_DYNAMIC_DISPATCH(rows_double)(x, stride, n, dims, scale, shift, width, out);
}
void pack_columns(const float* x, int64_t stride, int64_t n, int64_t dims, const float* scale, const float* shift,
                  int64_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(columns_float)(x, stride, n, dims, scale, shift, width, out);
}
void pack_columns(const double* x, int64_t stride, int64_t n, int64_t dims, const double* scale, const double* shift,
                  int64_t width, double* out) {
  HWY_DYNAMIC_DISPATCH(columns_double)(x, stride, n, dims, scale, shift, width, out);
}
void strip_product(const float* a, int64_t a_rows, int64_t depth, const float* b, int64_t b_rows, int64_t b_dims,
                   int64_t from, bool add, float* s) {
  HWY_DYNAMIC_DISPATCH(products_float)(a, a_rows, depth, b, b_rows, b_dims, from, add, s);
}
void strip_product(const double* a, int64_t a_rows, int64_t depth, const double* b, int64_t b_rows, int64_t b_dims,
                   int64_t from, bool add, double* s) {
  HWY_DYNAMIC_DISPATCH(products_double)(a, a_rows, depth, b, b_rows, b_dims, from, add, s);
}
void finish_rows(const float* s, int64_t rows, int64_t columns, const Finish<float>& f) {
  HWY_DYNAMIC_DISPATCH(finish_float)(s, rows, columns, f);
}
void finish_rows(const double* s, int64_t rows, int64_t columns, const Finish<double>& f) {
  HWY_DYNAMIC_DISPATCH(finish_double)(s, rows, columns, f);
}

}  // namespace kindred
#endif
