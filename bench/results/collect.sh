#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Adds what run.sh left in $OUT to bench/results/figures.tsv, one line a run: the raw figures, of which table.sh makes
# docs/results.md. A run that is there already is replaced.
#   OUT     runs/results
set -eu
cd "$(dirname "$0")/../.."
OUT=${OUT:-runs/results}
figures=bench/results/figures.tsv

# The number behind the first "top1": of a JSON file, in per cent; - where there is none.
top1() {
  [ -s "$1" ] || { echo -; return; }
  tr ',{' '\n\n' < "$1" | awk -F: '$1 == "\"top1\"" { printf "%.2f\n", 100 * $2; found = 1; exit } END { if (!found) print "-" }'
}
# setting RUN NAME: a number of [run] in its config.toml, without a fraction of 0.
setting() { awk -v name="$2" '/^\[/ { run = $0 == "[run]" } run && $1 == name { print $3 + 0; exit }' "$1/config.toml"; }

{
  grep '^#' $figures
  {
    grep -v '^#' $figures || true
    for set in cifar10 fashion; do
      for file in "$OUT/$set"/*.knn20.json; do
        [ -s "$file" ] || continue
        run=${file%.knn20.json}
        name=$(basename "$run")
        epochs=0 batch=0  # of pixels and random weights
        if [ -f "$run/config.toml" ]; then epochs=$(setting "$run" epochs) batch=$(setting "$run" batch); fi
        printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$set" "${name%-*}" "$epochs" "$batch" "${name##*-}" \
          "$(top1 "$run.knn20.json")" "$(top1 "$run.knn200.json")" "$(top1 "$run.linear.json")"
      done
    done
  } | awk -F '\t' '{ line[$1 FS $2 FS $3 FS $4 FS $5] = $0 } END { for (key in line) print line[key] }' |
    sort -t "$(printf '\t')" -k1,1 -k2,2 -k3,3n -k4,4n -k5,5n
} > $figures.part
mv $figures.part $figures
