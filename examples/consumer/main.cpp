// SPDX-License-Identifier: Apache-2.0
// Prints the pictures most like the first one of a data set: consumer DATA MODEL
#include <iostream>

#include "kindred/core/error.h"
#include "kindred/data/spec.h"
#include "kindred/eval/embed.h"
#include "kindred/eval/protocols.h"
#include "kindred/nn/model.h"

int main(int argc, char** argv) try {
  kindred::check(argc == 3, "consumer: expected DATA MODEL, got ", argc - 1, " arguments");
  const auto data = kindred::open_dataset(argv[1]);
  const auto model = kindred::load_model(argv[2]);
  const auto z = kindred::embed(model, data);
  const auto found = kindred::nearest_neighbours(z.rows.slice(0, 0, 1), z.rows, 5);
  for (int64_t i = 0; i < found.index.size(1); ++i)
    std::cout << data->source(found.index[0][i].item<int64_t>()) << "  " << found.similarity[0][i].item<float>()
              << "\n";
} catch (const kindred::Error& error) {
  std::cerr << error.what() << "\n";
  return 2;
}
