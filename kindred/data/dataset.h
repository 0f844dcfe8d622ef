// SPDX-License-Identifier: Apache-2.0
// A data set: random access to samples. Made from a SPEC (spec.h), composed by subset().
#pragma once

#include <cstdint>
#include <functional>
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
  int64_t pictures = 1;           // of every sample; 2 = given pairs (Sample::others)
  int64_t features = 0;           // length of every vector
  bool labelled = false;
  bool grouped = false;                  // samples have a group
  bool timed = false;                    // samples have a time inside their group
  bool scored = false;                   // samples have a score
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
  // As get(), but of sample.image only the box that part(height, width) names is meant: pixels outside it have any value
  // (NOTE [Part of a JPEG] in image_file.h). What lies decoded comes whole, without asking.
  virtual void get_part(int64_t index, const std::function<ImageBox(int64_t, int64_t)>& /*part*/,
                        Sample& sample) const {
    get(index, sample);
  }
  // The label alone, without decoding; kNoLabel where there is none.
  virtual int64_t label(int64_t index) const = 0;
  // Group, time and score alone, without decoding; kNoGroup and NaN where there are none.
  virtual int64_t group(int64_t /*index*/) const { return kNoGroup; }
  virtual double time(int64_t /*index*/) const { return kNoNumber; }
  virtual double score(int64_t /*index*/) const { return kNoNumber; }
  // The id alone, without decoding; and Sample::copy.
  virtual uint64_t id(int64_t index) const = 0;
  virtual uint32_t copy(int64_t /*index*/) const { return 0; }
  // Where sample index comes from, for messages and pages: "train/cat/7.jpg", "train-images-idx3-ubyte.gz[12]".
  virtual std::string source(int64_t index) const = 0;
  // Samples left out because they could not be read (on_error=skip); they are not part of size().
  virtual int64_t skipped() const { return 0; }
};
using DatasetPtr = std::shared_ptr<const Dataset>;

// The parts one after the other, each as often as its weight says. Their classes, where several parts have any, must be
// the same. The ids of the first part stay; those of the others and all groups are mixed with the part's number, so that
// equal numbers from two sources stay apart. Throws InvalidArgument.
struct MixPart {
  DatasetPtr dataset;
  int64_t weight = 1;  // times in an epoch, >= 1
};
DatasetPtr mix(std::vector<MixPart> parts, std::string name);

// base with its decoded pictures kept in memory, each from the first time that it is asked for.
DatasetPtr cached(DatasetPtr base);

// The samples of base at these positions, in this order. Ids are those of base. Throws InvalidArgument (out of range).
DatasetPtr subset(DatasetPtr base, std::vector<int64_t> indices);

}  // namespace kindred
