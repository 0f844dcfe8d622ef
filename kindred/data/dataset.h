// SPDX-License-Identifier: Apache-2.0
// A data set: random access to samples. Made from a SPEC (spec.h), composed by subset().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kindred/data/sample.h"

namespace kindred {

enum class Modality { kImage, kVector };

struct DatasetInfo {
  std::string name;  // as in the SPEC: "fashion-mnist/train"
  Modality modality = Modality::kImage;
  int64_t channels = 0;           // of every image; 0 = images differ
  int64_t height = 0, width = 0;  // of every image; 0 = images differ
  int64_t features = 0;           // length of every vector
  bool labelled = false;
  std::vector<std::string> class_names;  // [C]; empty where the source names none
};

// Thread-safety: all const members may be called from several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual const DatasetInfo& info() const = 0;
  virtual int64_t size() const = 0;
  // Fills sample. REQUIRES 0 <= index < size(). Throws Corruption / IoError naming the file and offset.
  virtual void get(int64_t index, Sample& sample) const = 0;
  // The label alone, without decoding; kNoLabel where there is none.
  virtual int64_t label(int64_t index) const = 0;
  // The id alone, without decoding.
  virtual uint64_t id(int64_t index) const = 0;
  // Where sample index comes from, for messages and pages: "train/cat/7.jpg", "train-images-idx3-ubyte.gz[12]".
  virtual std::string source(int64_t index) const = 0;
  // Samples left out because they could not be read (on_error=skip); they are not part of size().
  virtual int64_t skipped() const { return 0; }
};
using DatasetPtr = std::shared_ptr<const Dataset>;

// The samples of base at these positions, in this order. Ids are those of base. Throws InvalidArgument (out of range).
DatasetPtr subset(DatasetPtr base, std::vector<int64_t> indices);

}  // namespace kindred
