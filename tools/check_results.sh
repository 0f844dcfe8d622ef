#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/results.md is what bench/results/table.sh makes of the raw figures and notes beside it: no number in it is typed by
# hand. --fix writes it anew.
#   tools/check_results.sh [--fix] [ROOT]
fix=no
[ "$1" = --fix ] && { fix=yes; shift; }
cd "${1:-$(dirname "$0")/..}" || exit 2
written=$(mktemp) || exit 2
trap 'rm -f "$written"' EXIT
env -u CIFAR -u ENCODER -u BATCH -u OPTIM sh bench/results/table.sh > "$written" || exit 1
if [ $fix = yes ]; then
  cp "$written" docs/results.md
elif ! diff -u docs/results.md "$written"; then
  echo "check_results: docs/results.md differs from what its figures give; tools/check_results.sh --fix"
  exit 1
fi
echo "check_results: docs/results.md is what its figures give"
