#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# with_torch.sh PYTHON VERSION SCRIPT ARGUMENT...: runs the script where PYTHON can import torch VERSION; else says why it
# does not and exits 77.
python=$1 version=$2
shift 2
skip() { echo "skipped: $*"; exit 77; }
[ "$KINDRED_SANITIZE" = ON ] && skip "a library built with sanitizers cannot be loaded into a plain Python"
[ -x "$python" ] || skip "no $python here"
# The last line is the version, 2.15, or Python's error.
found=$("$python" -c 'import torch; print(".".join(torch.__version__.split("+")[0].split(".")[:2]))' 2>&1) ||
  skip "$python cannot import torch: $(echo "$found" | tail -n 1) (Debian: apt-get install python3-torch)"
found=$(echo "$found" | tail -n 1)
case $version in
  "$found".*) ;;
  *) skip "built against torch $version, $python has $found" ;;
esac
exec "$python" "$@"
