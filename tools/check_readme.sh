#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The code shown in README.md is a file that the tests compile: the block after each <!-- path --> line equals that file,
# and every link to a file of this repository leads somewhere. --fix copies the files into README.md.
#   tools/check_readme.sh [--fix] [ROOT]
fix=no
[ "$1" = --fix ] && { fix=yes; shift; }
cd "${1:-$(dirname "$0")/..}" || exit 2
written=$(mktemp) || exit 2
trap 'rm -f "$written"' EXIT

awk '
  in_block && /^```$/ { in_block = 0 }
  in_block { next }
  { print }
  /^<!-- [^ ]+ -->$/ { file = $2; next }
  file != "" && /^```/ {
    while ((getline line < file) > 0) { print line; ++lines }
    if (!lines) { print "check_readme: cannot read " file > "/dev/stderr"; bad = 1 }
    close(file); file = ""; lines = 0; in_block = 1; ++blocks
    next
  }
  file != "" { print "check_readme: README.md:" FNR ": expected a code block after <!-- " file " -->" > "/dev/stderr"; bad = 1; file = "" }
  END { if (!blocks) { print "check_readme: README.md shows no file" > "/dev/stderr"; bad = 1 } exit bad }
' README.md > "$written" || exit 1

if ! cmp -s README.md "$written"; then
  if [ $fix = no ]; then
    diff -u README.md "$written"
    echo "check_readme: README.md differs from the files it shows; tools/check_readme.sh --fix"
    exit 1
  fi
  cat "$written" > README.md
fi

bad=0
for page in README.md CONTRIBUTING.md docs/*.md; do
  [ -f "$page" ] || continue
  for target in $(grep -o ']([^)#]*' "$page" | cut -c3- | grep -v '^[a-z]*:'); do
    [ -e "$(dirname "$page")/$target" ] || { echo "check_readme: $page links to $target, which does not exist"; bad=1; }
  done
done
[ $bad -eq 0 ] && echo "check_readme: README.md shows the files as they are"
exit $bad
