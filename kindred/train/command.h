// SPDX-License-Identifier: Apache-2.0
// The command that reproduces a run, made from its options: the same for equal runs, whatever was typed.
#pragma once

#include <string>

#include "kindred/train/options.h"

namespace kindred {

// The word as a POSIX shell reads it back: in single quotes where it needs them.
std::string shell_quoted(const std::string& word);

// The options that decide where and how fast a run goes, but not what comes out of it: loader.workers, loader.prefetch,
// run.checkpoint_every.
bool is_machine_option(std::string_view name);

// "kindred train --method simclr --data fashion-mnist --encoder convnet --set run.steps=60": every option that differs
// from its default, quoted for a POSIX shell; machine options left out.
std::string reproducing_command(TrainOptions& options);

// The options that decide the outcome, as TOML without comments.
std::string outcome_toml(TrainOptions& options);

}  // namespace kindred
