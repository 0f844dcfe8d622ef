#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures what a step of every method costs and writes bench/results/speed.tsv: images a second on one thread, the
# median of the lines of STEPS steps without the first. On a machine with nothing else to do.
set -eu
cd "$(dirname "$0")/../.."
kindred=${KINDRED:-build/kindred}
STEPS=${STEPS:-50}
SETS=${SETS:-cifar10 fashion}
METHODS=${METHODS:-$("$kindred" list methods | awk 'NR > 1 { print $1 }')}
. bench/results/budget.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
  printf '# set\tmethod\timages a second, one thread (speed.sh)\n'
  for set in $SETS; do
    for method in $METHODS; do
      left_out "$method" "$set" && continue
      # shellcheck disable=SC2046
      "$kindred" train --method "$method" --data "$(spec "$set" train)" $(words "$method" "$set" 1) \
        --steps "$STEPS" --set run.log_every=10 --threads 1 --out "$work/run" > "$work/log" 2>&1 ||
        { cat "$work/log" >&2; exit 2; }
      rate=$(sed -n 's/.*"images_per_second":\([0-9.]*\).*/\1/p' "$work/run/metrics.jsonl" | sed 1d | sort -n |
        awk '{ x[NR] = $1 } END { printf "%.0f", x[int((NR + 1) / 2)] }')
      printf '%s\t%s\t%s\n' "$set" "$method" "$rate"
      rm -rf "$work/run"
    done
  done
} > bench/results/speed.tsv.part
mv bench/results/speed.tsv.part bench/results/speed.tsv
