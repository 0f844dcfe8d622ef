#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same tests against PyPI's current torch, which needs neither a GPU nor the CUDA toolkit:
#   tools/torch2.sh [WHEELS]     everything goes to build-torch2/ (540 MB to fetch, 2 GB unpacked)
# torch is a CUDA build there; two small packages hold the CUDA libraries that its CPU part names. It finds them beside
# itself. WHEELS is a folder of wheels to use instead of PyPI. TARGETS="test_core ..." builds and runs only these.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/${BUILD_TORCH2:-build-torch2}
site=$out/site
jobs=$(tools/jobs.sh)

# The interpreter decides which wheel pip takes; any that PyPI has a wheel for will do, nothing is run with it.
python=${PYTHON:-python3}
if [ ! -f "$site/torch/lib/libtorch_cpu.so" ]; then
  rm -rf "$site" "$site.part"
  from=()
  [ $# -eq 0 ] || from=(--no-index --find-links "$1")
  # The exact names of the two small packages belong to this torch, whose file names say which CUDA it was built for.
  "$python" -m pip install -q --no-deps --target "$site.part" "${from[@]}" torch
  needs=$(readelf -d "$site.part/torch/lib/libtorch_cpu.so" | sed -n 's/.*NEEDED.*\[libcudart\.so\.\([0-9]*\)\]/\1/p')
  case $needs in
    '') ;;                                                  # a CPU build
    12) "$python" -m pip install -q --no-deps --target "$site.part" "${from[@]}" nvidia-cuda-runtime-cu12 nvidia-cuda-cupti-cu12 ;;
    *) "$python" -m pip install -q --no-deps --target "$site.part" "${from[@]}" "nvidia-cuda-runtime==$needs.*" "nvidia-cuda-cupti==$needs.*" ;;
  esac
  mv "$site.part" "$site"
fi

cmake -S . -B "$out/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DKINDRED_TORCH="$site/torch" -DKINDRED_TESTS=ON -DKINDRED_EXAMPLES=ON
if [ -n "${TARGETS:-}" ]; then
  # shellcheck disable=SC2086
  cmake --build "$out/build" -j "$jobs" --target $TARGETS
  for target in $TARGETS; do
    ctest --test-dir "$out/build" --output-on-failure -R "^${target#test_}\$"
  done
else
  cmake --build "$out/build" -j "$jobs"
  ctest --test-dir "$out/build" --output-on-failure -j "$jobs"
fi
sed -n 's/.*define TORCH_VERSION_\(MAJOR\|MINOR\|PATCH\) /\1 /p' "$site/torch/include/torch/headeronly/version.h" 2>/dev/null | tr '\n' ' ' | sed 's/^/LibTorch /; s/$/\n/' >&2 || true
