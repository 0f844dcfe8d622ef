#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every check that reads the sources; runs all of them, then fails if one did. TIDY=0 leaves out clang-tidy, the slow one.
cd "$(dirname "$0")/.." || exit 2
status=0
for check in check_layers check_tests_listed check_results check_format check_headers header_budget; do
  tools/$check.sh || status=1
done
[ "${TIDY:-1}" = 0 ] || tools/tidy.sh || status=1
exit $status
