#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trains every method of `kindred list methods` under one budget, judges the last epoch of each run, and writes
# bench/results/figures.tsv and, from it, docs/results.md. Nothing is chosen on test samples. Run again, it goes on where
# it was stopped.
#
#   bench/results/run.sh                     everything: every method, both data sets, three seeds
#   METHODS="simclr byol" SEEDS=0 bench/results/run.sh
#   OUT=runs/long EPOCHS=30 METHODS=byol SETS=cifar10 SEEDS=0 bench/results/run.sh     a row of the longer runs
#
# Settings, from the environment:
#   OUT      runs/results        run directories and figures; calls beside one another may share it, each takes the runs
#                                that no other is at: two with THREADS=1 do more on two cores than one with two threads
#   CIFAR    data/cifar10        folder of CIFAR-10's binary files; where it is absent that data set is left out
#   SETS     "cifar10 fashion"   data sets
#   METHODS  all of the program
#   SEEDS    "0 1 2"
#   EPOCHS   5; 2 on fashion     the budget: epochs of every run ...
#   BATCH    256                 ... at this batch
#   OPTIM    "--optimizer adamw --lr 0.002"   ... with this optimiser. SimCLR after three epochs on CIFAR-10's samples
#                                0-44999, judged on 45000-49999, kNN / linear: 48.4 / 53.6 against 46.4 / 50.4 with SGD 0.06
#   ENCODER  convnet
#   THREADS  0                   computing threads, 0 = one per core
# What a method needs beyond the common budget stands in bench/results/settings.txt.
set -eu
cd "$(dirname "$0")/../.."
kindred=${KINDRED:-build/kindred}
OUT=${OUT:-runs/results}
CIFAR=${CIFAR:-data/cifar10}
SETS=${SETS:-cifar10 fashion}
SEEDS=${SEEDS:-0 1 2}
THREADS=${THREADS:-0}
METHODS=${METHODS:-$("$kindred" list methods | awk 'NR > 1 { print $1 }')}
. bench/results/budget.sh

# judge MODEL SET FILE [flags]: the figures of one model, one JSON file each. Embeds once, for all of them.
judge() {
  model=$1 set=$2 file=$3
  shift 3
  [ -s "$file.knn20.json" ] && [ -s "$file.knn200.json" ] && [ -s "$file.linear.json" ] && return
  for split in train test; do
    "$kindred" embed --model "$model" --data "$(spec "$set" $split)" --out "$file.$split.npy" --threads "$THREADS" "$@" \
      > /dev/null || return 1
  done
  figure "$file" knn20 knn --knn.k 20 && figure "$file" knn200 knn --knn.k 200 && figure "$file" linear linear || return 1
  rm -f "$file".train*npy "$file".test*npy
}
# figure FILE NAME PROTOCOL [flags]: FILE.NAME.json, from the embeddings beside it.
figure() {
  file=$1 name=$2 protocol=$3
  shift 3
  [ -s "$file.$name.json" ] && return
  "$kindred" eval --embeddings "$file.train.npy,$file.test.npy" --labels "$file.train.labels.npy,$file.test.labels.npy" \
    --protocol "$protocol" --threads "$THREADS" --json "$@" > "$file.part" || return 1
  mv "$file.part" "$file.$name.json"
}

# Trains METHOD on SET with SEED into a folder of its own, or goes on with it. Returns 1 where the run fails: the others
# go on, and the table has one seed less.
one_run() {
  method=$1 set=$2 seed=$3
  run=$OUT/$set/$method-$seed
  if [ -f "$run/config.toml" ]; then
    "$kindred" train --resume "$run" > "$run.log" 2>&1 || return 1
  else
    # shellcheck disable=SC2046
    "$kindred" train --method "$method" --data "$(spec "$set" train)" $(words "$method" "$set" "$(epochs "$set")") \
      --seed "$seed" --threads "$THREADS" --out "$run" \
      > "$run.log" 2>&1 || return 1
  fi
  judge "$run" "$set" "$run"
}

# alone FILE COMMAND ...: runs it unless another call of this script is at it.
alone() {
  file=$1
  shift
  (
    flock -n 9 || exit 0
    [ -s "$file.linear.json" ] && exit 0
    echo "$file" >&2
    "$@" || echo "run.sh: $file failed: see $file.log" >&2
  ) 9> "$file.lock"
}

for set in $SETS; do
  if [ "$set" = cifar10 ] && [ ! -d "$CIFAR" ]; then
    echo "run.sh: $CIFAR is absent: cifar10 is left out" >&2
    continue
  fi
  mkdir -p "$OUT/$set"
  alone "$OUT/$set/pixels-0" judge pixels "$set" "$OUT/$set/pixels-0"
  for seed in $SEEDS; do
    alone "$OUT/$set/random-$seed" judge "random:$ENCODER" "$set" "$OUT/$set/random-$seed" --seed "$seed"
  done
  for seed in $SEEDS; do
    for method in $METHODS; do
      left_out "$method" "$set" && continue
      alone "$OUT/$set/$method-$seed" one_run "$method" "$set" "$seed"
    done
  done
done
OUT=$OUT sh bench/results/collect.sh
sh bench/results/table.sh > docs/results.md.part
mv docs/results.md.part docs/results.md
echo "docs/results.md" >&2
