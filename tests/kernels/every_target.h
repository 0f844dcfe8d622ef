// SPDX-License-Identifier: Apache-2.0
// Runs a check once per SIMD target that was compiled and that this machine has.
#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

namespace kindred::test {

template <class Check>
void for_every_target(Check check) {
  hwy::SetSupportedTargetsForTest(0);
  const auto targets = hwy::SupportedAndGeneratedTargets();
  for (const int64_t target : targets) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    SCOPED_TRACE(hwy::TargetName(target));
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace kindred::test
