#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trains every method of `kindred list methods` under one budget, judges the last epoch of each run, and writes
# docs/results.md. Nothing is chosen on test samples. Run again, it goes on where it was stopped.
#
#   bench/results/run.sh                     everything: every method, both data sets, three seeds
#   METHODS="simclr byol" SEEDS=0 bench/results/run.sh
#
# Settings, from the environment:
#   OUT      runs/results        run directories and figures; several calls may share it, each with METHODS of its own
#   CIFAR    data/cifar10        folder of CIFAR-10's binary files; where it is absent that data set is left out
#   SETS     "cifar10 fashion"   data sets
#   METHODS  all of the program
#   SEEDS    "0 1 2"
#   EPOCHS   10                  the budget: epochs of every run ...
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
EPOCHS=${EPOCHS:-10}
BATCH=${BATCH:-256}
OPTIM=${OPTIM:---optimizer adamw --lr 0.002}
ENCODER=${ENCODER:-convnet}
THREADS=${THREADS:-0}
METHODS=${METHODS:-$("$kindred" list methods | awk 'NR > 1 { print $1 }')}
settings=bench/results/settings.txt

spec() {  # SET SPLIT
  case $1 in
    cifar10) echo "cifar:$CIFAR?split=$2" ;;
    fashion) echo "fashion-mnist/$2" ;;
    *) echo "run.sh: expected a set of cifar10, fashion, got $1" >&2; exit 2 ;;
  esac
}

# The words of settings.txt for this method and data set: lines "METHOD SET words", * for any set.
extra() { awk -v m="$1" -v s="$2" '$1 == m && ($2 == s || $2 == "*") { $1 = $2 = ""; sub(/^ +/, " "); print }' $settings; }
left_out() { extra "$1" "$2" | grep -q -w LEAVE-OUT; }

# eval MODEL SET FILE [flags]: the figures of one model, as one JSON object.
judge() {
  model=$1 set=$2 file=$3
  shift 3
  for k in 20 200; do
    [ -s "$file.knn$k.json" ] && continue
    "$kindred" eval --model "$model" --train "$(spec "$set" train)" --test "$(spec "$set" test)" --protocol knn \
      --knn.k $k --threads "$THREADS" --json "$@" > "$file.part" || return 1
    mv "$file.part" "$file.knn$k.json"
  done
  [ -s "$file.linear.json" ] && return
  "$kindred" eval --model "$model" --train "$(spec "$set" train)" --test "$(spec "$set" test)" --protocol linear \
    --threads "$THREADS" --json "$@" > "$file.part" || return 1
  mv "$file.part" "$file.linear.json"
}

# Trains METHOD on SET with SEED into a folder of its own, or goes on with it. Returns 1 where the run fails: the table
# then says so, and the others go on.
one_run() {
  method=$1 set=$2 seed=$3
  run=$OUT/$set/$method-$seed
  [ -s "$run.linear.json" ] && return 0
  if [ -f "$run/config.toml" ]; then
    "$kindred" train --resume "$run" > "$run.log" 2>&1 || return 1
  else
    words="--encoder $ENCODER --epochs $EPOCHS --batch $BATCH $OPTIM$(extra "$method" "$set")"
    data=$(spec "$set" train)
    echo "kindred train --method $method --data '$data' $words" > "$OUT/$set/$method.command"
    # shellcheck disable=SC2086
    "$kindred" train --method "$method" --data "$data" $words --seed "$seed" --threads "$THREADS" --out "$run" \
      > "$run.log" 2>&1 || return 1
  fi
  judge "$run" "$set" "$run"
}

for set in $SETS; do
  if [ "$set" = cifar10 ] && [ ! -d "$CIFAR" ]; then
    echo "run.sh: $CIFAR is absent: cifar10 is left out" >&2
    continue
  fi
  mkdir -p "$OUT/$set"
  judge pixels "$set" "$OUT/$set/pixels-0"
  for seed in $SEEDS; do judge "random:$ENCODER" "$set" "$OUT/$set/random-$seed" --seed "$seed"; done
  for seed in $SEEDS; do
    for method in $METHODS; do
      left_out "$method" "$set" && continue
      echo "$set $method seed $seed" >&2
      one_run "$method" "$set" "$seed" || echo "run.sh: $set $method seed $seed failed: $OUT/$set/$method-$seed.log" >&2
    done
  done
done
OUT=$OUT EPOCHS=$EPOCHS BATCH=$BATCH OPTIM=$OPTIM ENCODER=$ENCODER sh bench/results/table.sh > docs/results.md.part
mv docs/results.md.part docs/results.md
echo "docs/results.md" >&2
