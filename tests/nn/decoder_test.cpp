// SPDX-License-Identifier: Apache-2.0
// Shapes of every input size, and that a decoder can learn to draw what its code says.
#include "kindred/nn/decoder.h"

#include <gtest/gtest.h>

#include "kindred/core/error.h"
#include "tests/nn/fixture.h"

namespace kindred {
namespace {

TEST(Decoder, GivesTheShapeOfASample) {
  for (const auto& shape : {InputShape{1, 28, 28}, {3, 32, 32}, {3, 5, 17}, {2, 8, 1}}) {
    const auto decoder = make_decoder(10, shape, {.width = 4}, 1);
    const auto out = decoder->forward(test::normal_tensor({3, 10}, 1));
    EXPECT_EQ(out.sizes(), (std::vector<int64_t>{3, shape[0], shape[1], shape[2]}));
  }
  EXPECT_EQ(make_decoder(10, {7}, {}, 1)->forward(test::normal_tensor({3, 10}, 1)).sizes(),
            (std::vector<int64_t>{3, 7}));
}

// Four codes, four smooth pictures (waves of their own): what is left of the squared error shows that every pixel is
// within reach.
TEST(Decoder, LearnsToDrawFourPictures) {
  for (const auto& shape : {InputShape{2, 9, 12}, InputShape{20}}) {
    const auto decoder = make_decoder(4, shape, {.width = 8, .hidden = 32}, 1);
    std::vector<int64_t> sizes{4};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    const auto number = torch::arange(torch::empty(sizes).numel(), torch::kFloat).view({4, -1});
    const auto target =
        (0.5 * number.remainder(number.size(1)) / (torch::arange(4).view({4, 1}) + 1)).sin().view(sizes);
    const auto codes = torch::eye(4);
    double first = 0, last = 0;
    for (int round = 0; round < 400; ++round) {
      for (auto& each : decoder->parameters()) each.mutable_grad() = torch::Tensor();
      const auto loss = (decoder->forward(codes) - target).square().mean();
      last = loss.item<double>();
      if (round == 0) first = last;
      loss.backward();
      torch::NoGradGuard no_grad;
      for (auto& each : decoder->parameters()) {
        ASSERT_TRUE(each.grad().defined());
        each -= 0.2 * each.grad();
      }
    }
    EXPECT_LT(last, 0.35 * first) << first << " " << last;
  }
}

TEST(Decoder, PicturesStartInTheRangeOfTheData) {
  const auto out = make_decoder(64, {3, 16, 16}, {}, 1)->forward(test::normal_tensor({32, 64}, 3));
  EXPECT_LT(out.std().item<double>(), 2);
  EXPECT_GT(out.std().item<double>(), 0.2);
}

TEST(Decoder, Refusals) {
  EXPECT_THROW(make_decoder(0, {7}, {}, 1), InvalidArgument);
  EXPECT_THROW(make_decoder(4, {7, 7}, {}, 1), InvalidArgument);
  EXPECT_THROW(make_decoder(4, {7}, {.hidden = 0}, 1), InvalidArgument);
}

}  // namespace
}  // namespace kindred
