#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the benchmarks: losses as ratios to their bare products, then kernels and views. Google Benchmark's own flags may
# follow (--benchmark_filter=resize). The BLAS kernels are the ones the program would choose, so that the figures are those
# of real use.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
core=$("$build/kindred" doctor --json 2>/dev/null | sed -n 's/.*"blas_core" *: *"\([^"]*\)".*/\1/p' | tr '[:lower:]' '[:upper:]' || true)
[ -z "$core" ] || export OPENBLAS_CORETYPE="$core"
"$build/kindred_losses_bench"
exec "$build/kindred_bench" --benchmark_counters_tabular=true "$@"
