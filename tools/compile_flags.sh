#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The flags that a source which sees torch is compiled with, for tools that compile on their own: from the compilation
# database of the build folder, without the precompiled header.
database=${BUILD:-build}/compile_commands.json
[ -f "$database" ] || { echo "compile_flags: expected $database; configure first (make build)" >&2; exit 2; }
awk '/"command":.*pch\.cpp/ { print; exit }' "$database" | tr ' ' '\n' |
  awk 'want { print; want = 0; next }
       /^-(isystem|I)$/ { print; want = 1; next }
       /^-(I|D|std=|fopenmp|W[a-z])/ && !/pch/ { print }' | sed 's/\\"/"/g; s/",*$//' | tr '\n' ' '
echo "-I. -I${BUILD:-build}/generated"
