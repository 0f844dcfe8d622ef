#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A test that no list names is not a test: every tests/**/*_test.cpp stands in the CMakeLists.txt beside it, and every
# kindred/**/*.cpp is in its folder's list and has a test of its name or a line in tools/tested_elsewhere.txt, which
# names the test that covers it, or "-" and why it needs none.
cd "${1:-$(dirname "$0")/..}" || exit 2
map=tools/tested_elsewhere.txt
bad=0
complain() { echo "$*"; bad=$((bad + 1)); }

# in_list FILE LIST: the file's name is a word of the list.
in_list() { [ -f "$2" ] && sed 's/#.*//' "$2" | tr -s '[:space:]()' '\n' | grep -Fqx "$(basename "$1")"; }
elsewhere() { awk -v file="$1" '$1 == file { print $2 }' $map; }

tests=0
for file in $(find tests -name '*_test.cpp' | LC_ALL=C sort); do
  tests=$((tests + 1))
  in_list "$file" "$(dirname "$file")/CMakeLists.txt" || complain "$file: not in $(dirname "$file")/CMakeLists.txt"
done
for file in $(find kindred -name '*.cpp' | LC_ALL=C sort); do
  in_list "$file" "$(dirname "$file")/CMakeLists.txt" || complain "$file: not in $(dirname "$file")/CMakeLists.txt"
  twin=tests/${file#kindred/}
  twin=${twin%.cpp}_test.cpp
  other=$(elsewhere "$file")
  if [ -f "$twin" ]; then
    [ -z "$other" ] || complain "$map: $file has a test of its name now ($twin)"
  elif [ -z "$other" ]; then
    complain "$file: expected $twin, or a line in $map"
  elif [ "$other" != - ] && [ ! -f "$other" ]; then
    complain "$map: $file: no such test: $other"
  fi
done
awk '!/^#/ && NF && ($2 == "-" && NF < 3 || NF < 2) { print FILENAME ":" FNR ": expected FILE TEST, or FILE - REASON"; bad = 1 } END { exit bad }' $map || bad=$((bad + 1))
for file in $(awk '!/^#/ { print $1 }' $map); do
  [ -f "$file" ] || complain "$map: $file does not exist"
done
echo "check_tests_listed: $tests test files, $bad complaints"
[ "$bad" -eq 0 ]
