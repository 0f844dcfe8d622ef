#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-format over every C++ file: check, or with --fix rewrite. Names the files that differ.
cd "$(dirname "$0")/.." || exit 2
command -v clang-format >/dev/null || { echo "check_format: expected clang-format, got none (tools/install_deps.sh lint)"; exit 2; }
files=$(find kindred tests bench examples -name '*.h' -o -name '*.cpp' | LC_ALL=C sort)
if [ "$1" = --fix ]; then
  # shellcheck disable=SC2086
  exec clang-format -i $files
fi
bad=0
for file in $files; do
  clang-format "$file" | cmp -s - "$file" || { echo "$file: not formatted (make format)"; bad=$((bad + 1)); }
done
echo "check_format: $(echo "$files" | wc -l) files, $bad differ"
[ "$bad" -eq 0 ]
