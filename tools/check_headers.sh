#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every header compiles alone: it includes what it uses. One compilation of one header, no precompiled header, syntax only.
cd "$(dirname "$0")/.." || exit 2
flags=$(tools/compile_flags.sh) || exit 2
export flags
find kindred -name '*.h' | LC_ALL=C sort | xargs -P "$(tools/jobs.sh)" -I{} sh -c '
  printf "#include \"%s\"\nint main() {}\n" "{}" | g++ $flags -fsyntax-only -x c++ - 2>/tmp/kindred-header-$$ ||
    { echo "{}: does not compile alone:"; head -5 /tmp/kindred-header-$$; rm -f /tmp/kindred-header-$$; exit 1; }
  rm -f /tmp/kindred-header-$$'
status=$?
[ $status -eq 0 ] && echo "check_headers: $(find kindred -name '*.h' | wc -l) headers compile alone"
exit $status
