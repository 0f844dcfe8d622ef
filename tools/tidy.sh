#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy with .clang-tidy over the sources, or over those given as arguments.
cd "$(dirname "$0")/.." || exit 2
command -v clang-tidy >/dev/null || { echo "tidy: expected clang-tidy, got none (tools/install_deps.sh lint)"; exit 2; }
# clang knows neither all of g++'s warnings nor its omp.h.
flags=$(tools/compile_flags.sh | sed 's/-W[^ ]*//g; s/-fopenmp//') || exit 2
[ $# -gt 0 ] || set -- $(find kindred -name '*.cpp' | LC_ALL=C sort)
export flags
# shellcheck disable=SC2016
printf '%s\n' "$@" | xargs -P "$(tools/jobs.sh)" -I{} sh -c 'clang-tidy --quiet "{}" -- $flags 2>/dev/null'
