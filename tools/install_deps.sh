#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs with apt what is missing of the named groups, and nothing else; no apt call where nothing is missing.
#   tools/install_deps.sh [--list] [build] [test] [bench] [lint] [torch2]
# Without a group: build. --list prints the packages and stops. docs/decisions/ says what each is for.
set -eu
PATH=$PATH:/usr/sbin:/sbin   # ldconfig, for users whose path lacks it

build="g++ make cmake ninja-build libtorch-dev libopenblas0-openmp libhwy-dev libjpeg-dev libpng-dev libwebp-dev zlib1g-dev
  libtomlplusplus-dev libcli11-dev nlohmann-json3-dev libkainjow-mustache-dev libjs-chart.js dataset-fashion-mnist"
test="libgtest-dev libgmock-dev"
bench="libbenchmark-dev python3-torch python3-torchvision python3-numpy"
lint="clang-format clang-tidy"
torch2="python3 python3-pip"

list_only=no
wanted=""
[ $# -gt 0 ] || set -- build
for group in "$@"; do
  case $group in
    --list) list_only=yes ;;
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    bench) wanted="$wanted $bench" ;;
    lint) wanted="$wanted $lint" ;;
    torch2) wanted="$wanted $torch2" ;;
    *) echo "install_deps: expected a group of build, test, bench, lint, torch2, got \"$group\"" >&2; exit 2 ;;
  esac
done
[ -n "$wanted" ] || wanted=$build
if [ $list_only = yes ]; then
  printf '%s\n' $wanted
  exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  {
    echo "install_deps: this script knows Debian and Ubuntu only. Install what these packages hold, then run make with INSTALL_DEPS=0:"
    printf '  %s\n' $wanted
  } >&2
  exit 2
fi

missing=""
for package in $wanted; do
  case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
    installed*) ;;
    *) missing="$missing $package" ;;
  esac
done

if [ -n "$missing" ]; then
  echo "install_deps: installing$missing" >&2
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "install_deps: not root and no sudo here; ask an administrator for: apt-get install --no-install-recommends$missing" >&2
      exit 2
    fi
    as_root=sudo
  fi
  apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" </dev/null >&2; }
  # The lists may be absent (a fresh image) or older than the mirror: refresh them when a package or a download fails.
  # shellcheck disable=SC2086
  if ! apt-cache show $missing >/dev/null 2>&1 || ! apt install --no-install-recommends $missing; then
    apt update
    apt install --no-install-recommends $missing
  fi
fi

# LibTorch calls libblas.so.3. Debian ranks a pthread OpenBLAS above the openmp one; then two thread pools compete.
case " $wanted " in *" libopenblas0-openmp "*)
  for name in libblas.so.3 liblapack.so.3 libopenblas.so.0; do
    chosen=$(readlink -f "$(ldconfig -p | awk -v name="$name" '$1 == name { print $NF; exit }')" 2>/dev/null || true)
    case $chosen in
      */openblas-openmp/*) ;;
      *) echo "install_deps: note: $name is ${chosen:-absent}, not openblas-openmp; training may be slow. To choose: update-alternatives --config $name-$(gcc -print-multiarch 2>/dev/null || uname -m)" >&2 ;;
    esac
  done ;;
esac
