// SPDX-License-Identifier: Apache-2.0
// The choice between composite and fused: what each word means, and that a refusal says why.
#include "kindred/ops/implementation.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>

#include "kindred/core/error.h"

namespace kindred {
namespace {

TEST(Implementation, ChoosesTheFusedVersionUnlessItIsRefused) {
  const at::Tensor x = at::ones({2, 2});
  EXPECT_EQ(choose_implementation("auto", x, nullptr, "l"), Implementation::kFused);
  EXPECT_EQ(choose_implementation("fused", x, nullptr, "l"), Implementation::kFused);
  EXPECT_EQ(choose_implementation("composite", x, nullptr, "l"), Implementation::kComposite);
  EXPECT_EQ(choose_implementation("auto", x, "masks", "l"), Implementation::kComposite);
  EXPECT_EQ(choose_implementation("composite", x, "masks", "l"), Implementation::kComposite);
}

TEST(Implementation, ARefusalIsAnErrorOnlyWhereFusedWasAsked) {
  try {
    choose_implementation("fused", at::ones({2, 2}), "masks of its own", "sup_con");
    FAIL();
  } catch (const InvalidArgument& e) {
    EXPECT_STREQ(e.what(), "sup_con: expected inputs that impl = fused takes, got masks of its own");
  }
}

TEST(Implementation, RemembersWhatRan) {
  for (const auto implementation : {Implementation::kTiled, Implementation::kFused, Implementation::kComposite}) {
    note_implementation(implementation);
    EXPECT_EQ(last_implementation(), implementation);
  }
  EXPECT_EQ(implementation_name(Implementation::kFused), "fused");
  EXPECT_EQ(implementation_choices().size(), 3u);
}

}  // namespace
}  // namespace kindred
