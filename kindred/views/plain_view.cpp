// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "kindred/data/image_fit.h"
#include "kindred/views/views.h"

namespace kindred {
namespace {

class PlainView final : public Views {
 public:
  explicit PlainView(Preprocess preprocess) : preprocess_(std::move(preprocess)) {}
  int64_t count() const override { return 1; }
  std::vector<int64_t> shape(int64_t) const override { return input_shape(preprocess_); }
  void make(const Sample& sample, uint64_t, uint32_t, int64_t, float* out, ViewScratch& scratch) const override {
    prepare(sample, preprocess_, out, scratch.preprocess);
  }

 private:
  Preprocess preprocess_;
};

}  // namespace

ViewsPtr plain_view(Preprocess preprocess) {
  check_preprocess(preprocess, "plain_view");
  return std::make_shared<PlainView>(std::move(preprocess));
}

}  // namespace kindred
