// SPDX-License-Identifier: Apache-2.0
// The optimisers, one .cpp each; only make_optimizer() and those files include this.
#pragma once

#include <memory>
#include <vector>

#include "kindred/optim/optimizer.h"

namespace kindred {

std::unique_ptr<Optimizer> make_adamw(const OptimizerOptions& options, std::vector<ParameterGroup> groups,
                                      double peak_lr);
std::unique_ptr<Optimizer> make_lars(const OptimizerOptions& options, std::vector<ParameterGroup> groups,
                                     double peak_lr);
std::unique_ptr<Optimizer> make_sgd(const OptimizerOptions& options, std::vector<ParameterGroup> groups,
                                    double peak_lr);

}  // namespace kindred
