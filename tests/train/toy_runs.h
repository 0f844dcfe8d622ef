// SPDX-License-Identifier: Apache-2.0
// Small data sets on disk, runs over them that take a fraction of a second, and what they leave behind.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "kindred/train/trainer.h"

namespace kindred::test {

// Writes samples x features float32 rows of `classes` noisy clusters as a .npy file and returns its SPEC. Row i belongs to
// cluster i % classes.
std::string toy_vectors(const std::filesystem::path& file, int64_t samples = 50, int64_t features = 12,
                        int64_t classes = 4);

// Writes samples grey 8 x 8 pictures as an IDX file and returns its SPEC.
std::string toy_images(const std::filesystem::path& file, int64_t samples = 50);

// Options as typed: the toy defaults (mlp 16-16, head 8, batch 8, 13 steps, a log line every 4, a checkpoint every 5)
// and then `settings`, "name=value" each.
TrainOptions toy_options(const std::string& data, std::initializer_list<std::string> settings = {});

// The message of the error that `call` throws; "no error" where it throws none.
template <class Call>
std::string error_text(Call call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

// Every file below folder, sorted, as paths relative to it.
std::vector<std::string> files_below(const std::filesystem::path& folder);

}  // namespace kindred::test
