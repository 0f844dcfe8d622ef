#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a header costs its users: lines after preprocessing, for the headers named in tools/header_budget.txt with the most
# they may have. --update writes today's numbers plus a tenth. A forward declaration is usually enough to get back under.
cd "$(dirname "$0")/.." || exit 2
flags=$(tools/compile_flags.sh) || exit 2
budget=tools/header_budget.txt
[ "$1" = --update ] && new=$(mktemp)
bad=0
while read -r header most; do
  case $header in ''|'#'*) [ -n "$new" ] && echo "$header${most:+ $most}" >>"$new"; continue ;; esac
  # shellcheck disable=SC2086
  lines=$(printf '#include "%s"\n' "$header" | g++ $flags -E -P -x c++ - | wc -l)
  [ -n "$new" ] && echo "$header $((lines * 11 / 10))" >>"$new" && continue
  [ "$lines" -le "$most" ] || { echo "$header: expected at most $most lines after preprocessing, got $lines"; bad=$((bad + 1)); }
done <$budget
[ -n "$new" ] && mv "$new" $budget && chmod 644 $budget
echo "header_budget: $bad over budget"
[ "$bad" -eq 0 ]
