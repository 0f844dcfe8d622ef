// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kindred/cli/command.h"
#include "kindred/losses/agreement.h"

namespace kindred::cli {

// kindred verify loss: one line for each of the names (all where empty), or one JSON object. 0: all agree, 1: not.
int verify_loss(const std::vector<std::string>& names, const AgreementOptions& options, bool json, Io& io);

// What it prints of one loss.
void print_agreement(const LossAgreement& result, std::ostream& out);

}  // namespace kindred::cli
