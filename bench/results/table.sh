#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes docs/results.md to stdout from bench/results/figures.tsv (accuracy), speed.tsv and notes.md.
set -eu
cd "$(dirname "$0")/../.."
unset EPOCHS
. bench/results/budget.sh
figures=bench/results/figures.tsv
speed=bench/results/speed.tsv

# rows SET: the table of the common budget. longer SET: of the runs that had more epochs.
rows() { table "$1" "$(budget "$1")" ""; }
longer() { table "$1" "$(budget "$1")" longer; }
table() {
  awk -F '\t' -v set="$1" -v budget="$2" -v longer="$3" -v samples="$(samples "$1")" '
    # Mean and, of several seeds, sample standard deviation of column C of a key.
    function cell(key, c,    mean, square, i) {
      if (!n[key, c]) return "–"
      for (i = 1; i <= n[key, c]; i++) mean += x[key, c, i] / n[key, c]
      for (i = 1; i <= n[key, c]; i++) square += (x[key, c, i] - mean) ^ 2
      return n[key, c] == 1 ? sprintf("%.2f", mean) : sprintf("%.2f ± %.2f", mean, sqrt(square / (n[key, c] - 1)))
    }
    function row(key, method, epochs, above, time) {
      printf "| %s |%s %s | %s | %s | %s | %d |%s\n", method, longer ? " " epochs " |" : "", cell(key, 6), above,
        cell(key, 7), cell(key, 8), n[key, 6], longer ? "" : " " time " |"
    }
    FILENAME ~ /speed/ { if (!/^#/ && $1 == set) rate[$2] = $3; next }
    /^#/ || $1 != set { next }
    {
      key = $2 SUBSEP $3
      if (!(key in seen)) { order[++keys] = key; seen[key] = 1 }
      for (c = 6; c <= 8; c++) if ($c != "-") x[key, c, ++n[key, c]] = $c
    }
    END {
      pixels = "pixels" SUBSEP 0; random = "random" SUBSEP 0
      floor = cell(pixels, 6) + 0
      if (cell(random, 6) + 0 > floor) floor = cell(random, 6) + 0
      printf "| |%s kNN, k = 20 | above the better baseline | kNN, k = 200 | linear | seeds |%s\n", longer ? " epochs |" : "",
        longer ? "" : " seconds per epoch |"
      print longer ? "|---|---|---|---|---|---|---|" : "|---|---|---|---|---|---|---|"
      if (!longer) { row(pixels, "pixels", 0, "–", "–"); row(random, "random", 0, "–", "–") }
      for (i = 1; i <= keys; i++) {
        split(order[i], part, SUBSEP)
        if (part[2] == 0 || (longer ? part[2] == budget : part[2] != budget)) continue
        row(order[i], part[1], part[2], sprintf("%+.1f", cell(order[i], 6) - floor),
          part[1] in rate ? sprintf("%.0f", samples / rate[part[1]]) : "–")
      }
    }' $speed $figures
}
has_longer() { awk -F '\t' -v s="$1" -v e="$(budget "$1")" '!/^#/ && $1 == s && $3 > e { found = 1 } END { exit !found }' $figures; }

cat << TEXT
# Results

Every method under one budget: $(budget cifar10) epochs of CIFAR-10, $(budget fashion) of Fashion-MNIST, batch $BATCH, encoder \`$ENCODER\`,
\`$OPTIM\` with a cosine, each method with its own defaults otherwise. Top-1 on the test
set in per cent, mean ± standard deviation over seeds, of the frozen encoder after the last epoch. Nothing is chosen on test
samples and no method is tuned; the optimiser was chosen for all by SimCLR's figure on held-out training samples
(\`bench/results/run.sh\`). \`supervised\` is the same encoder trained with labels; \`metric\`, \`sup_con\` and \`semi_sup\`
(10 % of them) read labels too. \`pixels\` are the samples themselves, \`random\` the encoder before training. CIFAR-10's test
set here is the first half of the official one, 5000 samples.

So short a budget favours methods that learn fast; published orders are of runs twenty to a hundred times as long.
Made by \`bench/results/run.sh\`; the figures of each run stand in \`bench/results/figures.tsv\`, speeds in
\`bench/results/speed.tsv\` (one thread of an AMD EPYC with AVX-512).
TEXT
for set in cifar10 fashion; do
  printf "\n## %s\n\n" "$(title "$set")"
  rows "$set"
  if has_longer "$set"; then
    printf '\nLonger runs, the same words with more epochs:\n\n'
    longer "$set"
  fi
  printf '\nThe command, with `--seed` 0, 1 ... as far as the table counts them:\n\n```sh\n'
  echo "kindred train --method METHOD --data '$(spec "$set" train)' $(words METHOD "$set" "$(budget "$set")")"
  printf '```\n'
  awk -v s="$set" '!/^#/ && ($2 == s || $2 == "*") {
    method = $1; $1 = $2 = ""; sub(/^ +/, "")
    print "\n`" method "`: " ($0 == "LEAVE-OUT" ? "not here, it needs colour." : "and `" $0 "`.") }' bench/results/settings.txt
done
# What the figures mean, method by method, is written by hand.
printf '\n'
cat bench/results/notes.md
