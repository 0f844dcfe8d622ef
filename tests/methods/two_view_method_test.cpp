// SPDX-License-Identifier: Apache-2.0
// What every method with one network and two views promises: one pass of 2B rows through batch norm, outputs in the order
// of the views, no batch of one.
#include "kindred/methods/two_view_method.h"

#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "tests/methods/toy_method.h"
#include "tests/methods/toy_training.h"

namespace kindred {
namespace {

class FirstColumn final : public TwoViewMethod {
 public:
  explicit FirstColumn(const MethodContext& context)
      : TwoViewMethod("first_column", {.layers = 0, .out = 10}, context) {}
  StepOutput step(const Batch& batch) override {
    const auto z = embed(batch);
    return output(z.z1.select(1, 0).mean() - z.z2.select(1, 0).mean(), z, {{"figure", 2}});
  }
};

EncoderPtr toy_encoder() { return test::toy_method("simclr", 8)->encoder(); }

TEST(TwoViewMethod, BatchNormSeesBothViewsInOnePass) {
  FirstColumn method({.encoder = toy_encoder(), .batch = 8});
  method.train();
  const auto batch = test::toy_batch(8, 2);
  const auto output = method.step(batch);
  for (const auto& item : method.named_buffers())
    if (item.key().ends_with("num_batches_tracked")) {
      EXPECT_EQ(item.value().item<int64_t>(), 1) << item.key();
    }
  const auto rows = torch::cat({output.z1, output.z2});  // after batch norm and ReLU: first view, then second
  const auto again = toy_encoder();
  again->train();
  EXPECT_TRUE(torch::allclose(rows, again->forward(torch::cat(batch.views)), 1e-5, 1e-6));
  EXPECT_FALSE(output.z1.requires_grad());
  EXPECT_EQ(output.metrics.at(0).second, 2);
}

TEST(TwoViewMethod, ABatchOfOneIsRefusedByName) {
  for (const char* name : {"align_uniform", "barlow_twins", "cmc", "dcl", "debiased", "hard_contrastive", "hcl",
                           "metric", "semi_sup", "sup_con", "vicreg"}) {
    try {
      test::toy_method(name, 1);
      ADD_FAILURE() << name << ": expected InvalidArgument";
    } catch (const InvalidArgument& error) {
      EXPECT_THAT(error.what(), testing::AllOf(testing::StartsWith(name), testing::HasSubstr("got 1")));
    }
  }
}

}  // namespace
}  // namespace kindred
