#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How many compilations at once: one per core, but no more than one per 2 GB of memory (a file that sees all of torch
# takes 1 to 1.5 GB).
cores=$(nproc 2>/dev/null || echo 1)
room=$(awk '/^MemAvailable:/ { print int($2 / 2000000) }' /proc/meminfo 2>/dev/null)
[ -n "$room" ] && [ "$room" -lt "$cores" ] && cores=$room
[ "$cores" -lt 1 ] && cores=1
echo "$cores"
