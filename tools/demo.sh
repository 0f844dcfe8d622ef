#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on real images: train on unlabelled pictures, hold the result against pixels and random weights.
# Run again, it goes on where it was; remove demo/ to start afresh.
set -eu
cd "$(dirname "$0")/.."
kindred=${BUILD:-build}/kindred
out=demo/fashion_mnist

if [ -f "$out/config.toml" ]; then
  "$kindred" train --resume "$out"
else
  mkdir -p demo
  "$kindred" train --config examples/fashion_mnist.toml --out "$out"
fi
"$kindred" report --run "$out" --train fashion-mnist/train --test fashion-mnist/test
