// SPDX-License-Identifier: Apache-2.0
// SPEC: the one way to name data on the command line and in config files.
//
//   fashion-mnist/test                      NAME[/split]
//   images:/photos/cats?on_error=skip       KIND:PATH[?key=value&key=value]
//   /photos/cats                            a bare path whose kind is recognised
//   mix:SPEC *3 + SPEC                      several, with " + " between them, each as often as its *N says
//
// Every kind but mix takes range=A:B (a Python slice of the samples: "0:50000", "-10000:") and cache=memory or
// cache=FILE (pictures are decoded once and kept).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "kindred/data/dataset.h"

namespace kindred {

struct DataSpec {
  std::string text;                         // as typed, for messages
  std::string kind;                         // a name of the registry
  std::string path;                         // empty for named sets
  std::string split;                        // "train", "test", or empty
  std::map<std::string, std::string> keys;  // after '?'
};

// Throws InvalidArgument (unknown kind with the nearest names, bad key=value, a path of no known kind).
DataSpec parse_spec(std::string_view text);

// Opens what the spec names. Throws InvalidArgument, IoError, Corruption.
DatasetPtr open_dataset(std::string_view spec);

// One kind of data, for the registry and for `kindred list datasets`.
struct DatasetRow {
  std::string_view name;
  std::string_view summary;
  std::string_view example;
  DatasetPtr (*open)(const DataSpec& spec);
  bool named = false;  // written NAME[/split], without a path
};
std::span<const DatasetRow> dataset_rows();  // sorted by name

}  // namespace kindred
