#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes docs/results.md to stdout from what run.sh left in $OUT: mean and standard deviation over seeds.
set -eu
cd "$(dirname "$0")/../.."
OUT=${OUT:-runs/results}

# The number behind the first "top1": of a JSON file.
top1() { [ -s "$1" ] && tr ',{' '\n\n' < "$1" | sed -n 's/^"top1":\([-0-9.eE+]*\).*/\1/p' | head -n 1; }

# column SET NAME PROTOCOL: "71.23 ± 0.40 (3)", per cent, mean and sample standard deviation over the seeds there are.
column() {
  for file in "$OUT/$1/$2"-[0-9]*."$3".json; do top1 "$file" || true; done | awk '
    { n++; x[n] = 100 * $1; sum += x[n] }
    END {
      if (n == 0) { print "–"; exit }
      mean = sum / n
      for (i = 1; i <= n; i++) square += (x[i] - mean) ^ 2
      if (n == 1) printf "%.2f", mean; else printf "%.2f ± %.2f", mean, sqrt(square / (n - 1))
    }'
}
# Mean of a column, a plain number; nothing where there is none.
mean() { column "$1" "$2" "$3" | awk '$1 ~ /[0-9]/ { print $1 }'; }
# How far the method's kNN, k = 20, is above the better of pixels and random weights.
margin() {
  { mean "$1" pixels knn20; mean "$1" random knn20; echo method; mean "$1" "$2" knn20; } | awk '
    $1 == "method" { after = 1; next }
    !after && $1 > floor { floor = $1 }
    after { printf "%+.1f", $1 - floor; found = 1 }
    END { if (!found) print "–" }'
}
seeds() { ls "$OUT/$1/$2"-[0-9]*.knn20.json 2> /dev/null | wc -l; }

# Seconds of an epoch: samples of the data set over the images per second that the run measured, mean over seeds.
seconds_per_epoch() {
  for run in "$OUT/$1/$2"-[0-9]*/; do
    [ -s "$run/metrics.jsonl" ] && awk -v samples="$3" '
      match($0, /"images_per_second":[0-9.eE+]+/) {
        rate = substr($0, RSTART + 20, RLENGTH - 20); if (rate > 0) { time += 1 / rate; lines++ } }
      END { if (lines) print samples * time / lines }' "$run/metrics.jsonl"
  done | awk '{ n++; sum += $1 } END { if (n) printf "%.0f", sum / n; else print "–" }'
}

row() { printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$2" "$(column "$1" "$2" knn20)" "$3" "$(column "$1" "$2" knn200)" \
  "$(column "$1" "$2" linear)" "$(seeds "$1" "$2")" "$4"; }

cat << TEXT
# Results

Every method under one budget: ${EPOCHS:-10} epochs, batch ${BATCH:-256}, encoder \`${ENCODER:-convnet}\`,
\`${OPTIM:---optimizer adamw --lr 0.002}\` with a cosine, each method with its own defaults otherwise. Top-1 on the test set in per cent, mean ±
standard deviation over seeds, of the frozen encoder after the last epoch: nothing is chosen on test samples, and no
method is tuned. \`supervised\` is the same encoder trained with labels; \`metric\`, \`sup_con\` and \`semi_sup\` (10 % of
them) read labels too. \`pixels\` are the samples themselves, \`random\` the encoder before training.

So short a budget favours methods that learn fast; published orders are of runs twenty to a hundred times as long.
Made by \`bench/results/run.sh\`.
TEXT
for set in cifar10 fashion; do
  [ -d "$OUT/$set" ] || continue
  samples=50000
  [ "$set" = fashion ] && samples=60000
  printf '\n## %s\n\n| | kNN, k = 20 | above the better baseline | kNN, k = 200 | linear | seeds | seconds per epoch |\n|---|---|---|---|---|---|---|\n' "$set"
  row "$set" pixels – –
  row "$set" random – –
  for command in "$OUT/$set"/*.command; do
    [ -f "$command" ] || continue
    method=$(basename "$command" .command)
    row "$set" "$method" "$(margin "$set" "$method")" "$(seconds_per_epoch "$set" "$method" $samples)"
  done
  printf '\nCommands, each with `--seed` 0, 1 ... as far as the table counts them:\n\n```sh\n'
  cat "$OUT/$set"/*.command 2> /dev/null || true
  printf '```\n'
done
# What the figures mean, method by method, is written by hand.
printf '\n'
cat bench/results/notes.md
