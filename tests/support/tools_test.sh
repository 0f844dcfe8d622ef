#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves that the checks in tools/ can fail: each is run on a small tree without a fault, then with one fault at a time.
root=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

make_tree() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/kindred/core" "$tree/kindred/nn" "$tree/kindred/eval" "$tree/tests/core" "$tree/tests/nn" "$tree/docs" "$tree/tools"
  printf '| `core` | 0 | no | x |\n| `nn` | 2 | yes | x |\n| `eval` | 3 | yes | x |\n' >"$tree/docs/design.md"
  echo '#include "kindred/core/b.h"' >"$tree/kindred/core/a.cpp"
  echo '#include <vector>' >"$tree/kindred/core/b.h"
  echo '#include "kindred/core/b.h"' >"$tree/kindred/nn/c.cpp"
  echo 'kindred_folder(core SOURCES a.cpp)' >"$tree/kindred/core/CMakeLists.txt"
  echo 'kindred_folder(nn SOURCES c.cpp)' >"$tree/kindred/nn/CMakeLists.txt"
  touch "$tree/tests/core/a_test.cpp" "$tree/tests/nn/d_test.cpp"
  echo 'kindred_tests(core SOURCES a_test.cpp)' >"$tree/tests/core/CMakeLists.txt"
  echo 'kindred_tests(nn SOURCES d_test.cpp)' >"$tree/tests/nn/CMakeLists.txt"
  echo 'kindred/nn/c.cpp tests/nn/d_test.cpp' >"$tree/tools/tested_elsewhere.txt"
}

# expect CHECK pass|fail WHAT [TEXT]: runs the check on the tree; TEXT must be in what it prints.
expect() {
  out=$("$root/tools/$1.sh" "$tree" 2>&1) && got=pass || got=fail
  case $out in *"$4"*) ;; *) got="$got without \"$4\"" ;; esac
  [ "$got" = "$2" ] || { echo "$1, $3: expected $2, got $got:"; echo "$out"; failed=1; }
}

make_tree
expect check_layers pass "a sound tree" "3 files"
expect check_tests_listed pass "a sound tree" "2 test files"
for line in '#include "kindred/nn/c.h"' '#include "kindred/other/x.h"' '#include <torch/torch.h>' '#include "b.h"' \
  '  #  include  "kindred/eval/x.h"' '#include <ATen/core/Tensor.h>'; do
  make_tree
  echo "$line" >>"$tree/kindred/core/a.cpp"
  expect check_layers fail "$line in core" "kindred/core/a.cpp:2"
done
make_tree
echo '#include "kindred/eval/e.h"' >>"$tree/kindred/nn/c.cpp"
expect check_layers fail "nn includes eval" "level 2 (nn) includes level 3"
make_tree
echo '#include <nlohmann/json.hpp>' >>"$tree/kindred/nn/c.h"
expect check_layers fail "json in a header" "too heavy"
make_tree
mkdir "$tree/kindred/extra" && touch "$tree/kindred/extra/x.cpp" && echo '//' >"$tree/kindred/extra/x.cpp"
expect check_layers fail "a folder without a level" "not in the layer table"
make_tree
: >"$tree/docs/design.md"
expect check_layers fail "no table" "layer table"

make_tree
mkdir "$tree/bench" && cp -r "$root/bench/results" "$tree/bench" && cp "$root/docs/results.md" "$tree/docs"
expect check_results pass "a page made of its figures" "is what its figures give"
sed -i 's/^cifar10\tsimclr\t5\t256\t0\t[0-9.]*/cifar10\tsimclr\t5\t256\t0\t99.99/' "$tree/bench/results/figures.tsv"
expect check_results fail "another figure" "differs from what its figures give"

make_tree
touch "$tree/tests/core/lost_test.cpp"
expect check_tests_listed fail "an unlisted test" "tests/core/lost_test.cpp: not in"
make_tree
echo 'kindred_tests(core SOURCES # a_test.cpp' >"$tree/tests/core/CMakeLists.txt"
expect check_tests_listed fail "a test commented out" "tests/core/a_test.cpp: not in"
make_tree
rm "$tree/tests/core/a_test.cpp"
expect check_tests_listed fail "a source without a test" "kindred/core/a.cpp: expected tests/core/a_test.cpp"
make_tree
touch "$tree/kindred/core/unbuilt.cpp"
expect check_tests_listed fail "an unlisted source" "kindred/core/unbuilt.cpp: not in"
make_tree
rm "$tree/tests/nn/d_test.cpp"
expect check_tests_listed fail "a test that went away" "no such test"
make_tree
echo 'kindred/nn/gone.cpp - because' >>"$tree/tools/tested_elsewhere.txt"
expect check_tests_listed fail "a line for a source that went away" "kindred/nn/gone.cpp does not exist"
make_tree
echo 'kindred/core/a.cpp -' >>"$tree/tools/tested_elsewhere.txt"
expect check_tests_listed fail "no reason" "FILE - REASON"

# check_readme: a tree whose README shows one file.
make_readme() {
  make_tree
  printf '<!-- docs/a.txt -->\n```\nline\n```\n[a](docs/a.txt)\n' >"$tree/README.md"
  echo line >"$tree/docs/a.txt"
}
make_readme
expect check_readme pass "a sound README" "as they are"
make_readme
echo more >>"$tree/docs/a.txt"
expect check_readme fail "a file that moved on" "+more"
make_readme
rm "$tree/docs/a.txt"
expect check_readme fail "a file that went away" "cannot read docs/a.txt"
make_readme
echo '[b](docs/b.txt)' >>"$tree/README.md"
expect check_readme fail "a dead link" "links to docs/b.txt"
make_tree
echo text >"$tree/README.md"
expect check_readme fail "a README without the block" "shows no file"

[ $failed -eq 0 ] && echo "tools_test: all as expected"
exit $failed
