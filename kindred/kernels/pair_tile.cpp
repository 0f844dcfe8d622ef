// SPDX-License-Identifier: Apache-2.0
#include "kindred/kernels/pair_tile.h"

#include <algorithm>

#include "kindred/kernels/pair_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kindred/kernels/pair_tile.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "kindred/kernels/pair_multiply-inl.h"

HWY_BEFORE_NAMESPACE();
namespace kindred {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
void pack(const T* HWY_RESTRICT x, int64_t stride, int64_t n, int64_t dims, T* HWY_RESTRICT panels) {
  const int64_t width = panel<T>();
  for (int64_t begin = 0; begin < n; begin += width, panels += width * dims) {
    const int64_t rows = std::min(width, n - begin);
    constexpr int64_t kStretch = 16;  // columns at a time, so that what is written stays in the first-level cache
    for (int64_t from = 0; from < dims; from += kStretch) {
      const int64_t to = std::min(dims, from + kStretch);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t k = from; k < to; ++k) panels[k * width + r] = x[(begin + r) * stride + k];
      for (int64_t k = from; k < to; ++k) std::fill(panels + k * width + rows, panels + (k + 1) * width, T{0});
    }
  }
}

constexpr int64_t kDepth = 176;  // of one pass: a panel of it stays in the first-level cache

template <class T>
void product(const T* a, int64_t a_rows, const T* b, int64_t b_rows, int64_t dims, int64_t begin, int64_t end, T* s) {
  const int64_t width = panel<T>(), group = kVectors * lanes<T>(), parts = width / group;
  const int64_t blocks = (a_rows + kRows - 1) / kRows, groups = (b_rows + width - 1) / width * parts;
  const int64_t passes = (end - begin + kDepth - 1) / kDepth, depth = (end - begin + passes - 1) / passes;
  for (int64_t from = begin; from < end; from += depth) {
    const int64_t length = std::min(depth, end - from), after = std::min(depth, end - from - length);
    const auto columns = [&](int64_t g) { return b + g / parts * width * dims + from * width + g % parts * group; };
    for (int64_t g = 0; g < groups; ++g) {
      const T* right = columns(g);
      const bool last = g + 1 == groups;
      const T* next = last ? b + (from + length) * width : columns(g + 1);  // of the next pass, or of this one
      for (int64_t block = 0; block < blocks; ++block) {
        const int64_t i = block * kRows, mine = i / width;
        fetch<kVectors>(next, width, last ? after : length, block, blocks);
        // The next pass's part of a: the panel this block is in, a stretch for each group of b.
        const int64_t within = (i - mine * width) / kRows, each = width / kRows;
        fetch<kVectors>(a + mine * width * dims + (from + length) * width, width, after, g * each + within,
                        groups * each);
        multiply<kVectors, 1>(a + mine * width * dims + from * width + (i - mine * width), width, right, width, length,
                              s + i * kTileRows + g * group, kTileRows, from > begin);
      }
    }
  }
}

// kVecs vectors of out's columns.
template <int kVecs, class T>
void back_columns(const T* w, int64_t rows, int64_t columns, bool transposed, const T* x, int64_t stride, T* out,
                  int64_t out_stride) {
  constexpr int64_t kStretch = 120;  // rows of x at a time: they stay in the first-level cache
  const int64_t depth = transposed ? rows : columns, mine = transposed ? columns : rows;
  for (int64_t from = 0; from < depth; from += kStretch) {
    const int64_t length = std::min(kStretch, depth - from);
    const T* right = x + from * stride;
    const bool last = from + length >= depth;
    const T* next = last ? x + kVecs * lanes<T>() : right + kStretch * stride;  // the next columns, or the next rows
    for (int64_t i = 0; i < mine; i += kRows) {
      fetch<kVecs>(next, stride, last ? std::min(kStretch, depth) : depth - from - length, i / kRows,
                   (mine + kRows - 1) / kRows);
      T* to = out + i * out_stride;
      if (transposed)
        multiply<kVecs, 1>(w + from * kTileRows + i, kTileRows, right, stride, length, to, out_stride, true);
      else multiply<kVecs, kTileRows>(w + i * kTileRows + from, 1, right, stride, length, to, out_stride, true);
    }
  }
}

template <class T>
void back(const T* w, int64_t rows, int64_t columns, bool transposed, const T* x, int64_t stride, int64_t dims, T* out,
          int64_t out_stride) {
  const int64_t width = lanes<T>(), vectors = (dims + width - 1) / width;
  int64_t v = 0;
  for (; v + 3 <= vectors; v += 3)
    back_columns<3>(w, rows, columns, transposed, x + v * width, stride, out + v * width, out_stride);
  if (vectors - v == 2)
    back_columns<2>(w, rows, columns, transposed, x + v * width, stride, out + v * width, out_stride);
  if (vectors - v == 1)
    back_columns<1>(w, rows, columns, transposed, x + v * width, stride, out + v * width, out_stride);
}

int64_t lanes_float() { return lanes<float>(); }
int64_t lanes_double() { return lanes<double>(); }
int64_t panel_float() { return panel<float>(); }
int64_t panel_double() { return panel<double>(); }
void pack_float(const float* x, int64_t stride, int64_t n, int64_t dims, float* panels) {
  pack(x, stride, n, dims, panels);
}
void pack_double(const double* x, int64_t stride, int64_t n, int64_t dims, double* panels) {
  pack(x, stride, n, dims, panels);
}
void product_float(const float* a, int64_t a_rows, const float* b, int64_t b_rows, int64_t dims, int64_t from,
                   int64_t to, float* s) {
  product(a, a_rows, b, b_rows, dims, from, to, s);
}
void product_double(const double* a, int64_t a_rows, const double* b, int64_t b_rows, int64_t dims, int64_t from,
                    int64_t to, double* s) {
  product(a, a_rows, b, b_rows, dims, from, to, s);
}
void back_float(const float* w, int64_t rows, int64_t columns, bool transposed, const float* x, int64_t stride,
                int64_t dims, float* out, int64_t out_stride) {
  back(w, rows, columns, transposed, x, stride, dims, out, out_stride);
}
void back_double(const double* w, int64_t rows, int64_t columns, bool transposed, const double* x, int64_t stride,
                 int64_t dims, double* out, int64_t out_stride) {
  back(w, rows, columns, transposed, x, stride, dims, out, out_stride);
}

}  // namespace HWY_NAMESPACE
}  // namespace kindred
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace kindred {
namespace {

HWY_EXPORT(lanes_float);
HWY_EXPORT(lanes_double);
HWY_EXPORT(panel_float);
HWY_EXPORT(panel_double);
HWY_EXPORT(pack_float);
HWY_EXPORT(pack_double);
HWY_EXPORT(product_float);
HWY_EXPORT(product_double);
HWY_EXPORT(back_float);
HWY_EXPORT(back_double);

int64_t lanes_of(float) { return HWY_DYNAMIC_DISPATCH(lanes_float)(); }
int64_t lanes_of(double) { return HWY_DYNAMIC_DISPATCH(lanes_double)(); }
int64_t panel_of(float) { return HWY_DYNAMIC_DISPATCH(panel_float)(); }
int64_t panel_of(double) { return HWY_DYNAMIC_DISPATCH(panel_double)(); }

}  // namespace

template <class T>
int64_t panel_width() {
  return panel_of(T{});
}
template <class T>
int64_t padded_dims(int64_t dims) {
  const int64_t width = lanes_of(T{});
  return (dims + width - 1) / width * width;
}
template <class T>
int64_t padded_stride(int64_t dims) {
  constexpr int64_t kLine = 64 / sizeof(T);
  const int64_t lines = (padded_dims<T>(dims) + kLine - 1) / kLine;
  return (lines | 1) * kLine;
}
template int64_t panel_width<float>();
template int64_t panel_width<double>();
template int64_t padded_dims<float>(int64_t dims);
template int64_t padded_dims<double>(int64_t dims);
template int64_t padded_stride<float>(int64_t dims);
template int64_t padded_stride<double>(int64_t dims);

void pack_panels(const float* x, int64_t stride, int64_t n, int64_t dims, float* panels) {
  HWY_DYNAMIC_DISPATCH(pack_float)(x, stride, n, dims, panels);
}
void pack_panels(const double* x, int64_t stride, int64_t n, int64_t dims, double* panels) {
  HWY_DYNAMIC_DISPATCH(pack_double)(x, stride, n, dims, panels);
}
void tile_product(const float* a, int64_t a_rows, const float* b, int64_t b_rows, int64_t dims, int64_t from,
                  int64_t to, float* s) {
  HWY_DYNAMIC_DISPATCH(product_float)(a, a_rows, b, b_rows, dims, from, to, s);
}
void tile_product(const double* a, int64_t a_rows, const double* b, int64_t b_rows, int64_t dims, int64_t from,
                  int64_t to, double* s) {
  HWY_DYNAMIC_DISPATCH(product_double)(a, a_rows, b, b_rows, dims, from, to, s);
}
void tile_product(const float* a, int64_t a_rows, const float* b, int64_t b_rows, int64_t dims, float* s) {
  tile_product(a, a_rows, b, b_rows, dims, 0, dims, s);
}
void tile_product(const double* a, int64_t a_rows, const double* b, int64_t b_rows, int64_t dims, double* s) {
  tile_product(a, a_rows, b, b_rows, dims, 0, dims, s);
}
void tile_back(const float* w, int64_t rows, int64_t columns, bool transposed, const float* x, int64_t stride,
               int64_t dims, float* out, int64_t out_stride) {
  HWY_DYNAMIC_DISPATCH(back_float)(w, rows, columns, transposed, x, stride, dims, out, out_stride);
}
void tile_back(const double* w, int64_t rows, int64_t columns, bool transposed, const double* x, int64_t stride,
               int64_t dims, double* out, int64_t out_stride) {
  HWY_DYNAMIC_DISPATCH(back_double)(w, rows, columns, transposed, x, stride, dims, out, out_stride);
}

}  // namespace kindred
#endif
