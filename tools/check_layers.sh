#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds the #include lines of kindred/ against the layer table of docs/design.md, and headers against the short list of
# includes that cost every user of them seconds.
cd "${1:-$(dirname "$0")/..}" || exit 2
find kindred -name '*.h' -o -name '*.cpp' | LC_ALL=C sort | xargs awk '
  FILENAME == "docs/design.md" {
    if ($0 ~ /^\| `[a-z]+` \| [0-9]+ \|/) {
      split($0, cell, /[ |`]+/)
      level[cell[2]] = cell[3]
      torchless[cell[2]] = cell[4] == "no"
    }
    next
  }
  FNR == 1 { split(FILENAME, part, "/"); folder = part[2]; header = FILENAME ~ /\.h$/; ++files
    if (!(folder in level)) complain("folder " folder " is not in the layer table of docs/design.md") }
  /^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    if (split(quoted[2], target, "/") < 3 || target[1] != "kindred") {
      if (quoted[2] !~ /^hwy\//) complain("expected \"kindred/<folder>/<file>\", got \"" quoted[2] "\"")
      next
    }
    to = target[2]
    if (to == folder) next
    if (!(to in level)) complain("includes " quoted[2] ", whose folder is not in the layer table")
    else if (level[to] >= level[folder])
      complain("level " level[folder] " (" folder ") includes level " level[to] " (" quoted[2] ")")
  }
  /^[ \t]*#[ \t]*include[ \t]*<(torch|ATen|c10)\// && torchless[folder] { complain("the table says that " folder " sees no torch: " $0) }
  header && /^[ \t]*#[ \t]*include[ \t]*<(torch\/torch\.h|torch\/all\.h|torch\/types\.h|nlohmann\/json\.hpp|CLI\/|toml\+\+\/)/ {
    complain("too heavy for a header: " $0)
  }
  function complain(what) { print FILENAME ":" FNR ": " what; ++bad }
  END {
    if (!("core" in level)) { print "docs/design.md: found no layer table"; exit 2 }
    print "check_layers: " files " files, " bad + 0 " complaints"
    exit bad > 0
  }' docs/design.md
