// SPDX-License-Identifier: Apache-2.0
// Proves: products, eigenvalues and singular values have the same bits on 1, 2 and 8 threads, alone and in parts, at the sizes
// where MKL and OpenBLAS cut their work; the number of threads is as before afterwards, also when the work throws.
#include "kindred/eval/one_thread.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "kindred/core/error.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

// What the figures of this folder are made of, for one [n, d] matrix.
std::vector<at::Tensor> engine_results(const at::Tensor& x, const at::Tensor& gram) {
  return {at::mm(x.t(), x), at::mm(x, x.narrow(0, 0, 10).t()), at::linalg_eigvalsh(gram),
          std::get<1>(at::linalg_eigh(gram)), at::linalg_svdvals(x)};
}

void expect_same_bits(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(at::equal(a[i], b[i])) << what << ", result " << i;
}

TEST(OneThread, EnginesGiveTheSameBitsOnAnyNumber) {
  for (const int64_t n : {96, 1000})
    for (const int64_t d : {10, 96, 200})
      for (const auto type : {at::kFloat, at::kDouble}) {
        const auto x = test::normal_rows(n, d, 1).to(type);
        const auto gram = test::with_threads(1, [&] { return at::mm(x.t(), x); });
        const auto alone = [&] {
          std::vector<at::Tensor> out;
          on_one_thread([&] { out = engine_results(x, gram); });
          return out;
        };
        const auto parts = [&] {
          std::vector<at::Tensor> out(3);
          for_parts(3, [&](int64_t i) { out[static_cast<size_t>(i)] = at::mm(x.t(), x * static_cast<double>(i + 1)); });
          return out;
        };
        const std::string what = concat(n, " x ", d, " of ", at::elementSize(type), " bytes");
        const auto one = test::with_threads(1, alone), three = test::with_threads(1, parts);
        for (const int threads : {2, 8}) {
          expect_same_bits(test::with_threads(threads, alone), one, what);
          expect_same_bits(test::with_threads(threads, parts), three, what + ", parts");
        }
      }
}

TEST(OneThread, TheNumberIsAsBefore) {
  const auto after = [](const auto& work) {
    return test::with_threads(3, [&] {
      try {
        work();
      } catch (const std::runtime_error&) {
      }
      return at::get_num_threads();
    });
  };
  EXPECT_EQ(after([] { on_one_thread([] {}); }), 3);
  EXPECT_EQ(after([] { for_parts(5, [](int64_t) {}); }), 3);
  EXPECT_EQ(after([] { on_one_thread([] { throw std::runtime_error("work"); }); }), 3);
  EXPECT_EQ(after([] { for_parts(4, [](int64_t) { for_parts(4, [](int64_t) {}); }); }), 3);
}

}  // namespace
}  // namespace kindred
