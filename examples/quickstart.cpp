// SPDX-License-Identifier: Apache-2.0
// Trains an encoder on unlabelled pictures, embeds them, and measures: quickstart TRAIN TEST OUT [NAME=VALUE ...]
#include <iostream>

#include "kindred/data/spec.h"
#include "kindred/eval/embed.h"
#include "kindred/eval/protocols.h"
#include "kindred/train/trainer.h"

int main(int argc, char** argv) {
  if (argc < 4) return std::cerr << "usage: quickstart TRAIN TEST OUT [NAME=VALUE ...]\n", 2;
  kindred::Config config;
  config.set("method.name", "simclr", "quickstart");
  config.set("encoder.name", "convnet", "quickstart");
  config.set("data.train", argv[1], "quickstart");
  for (int i = 4; i < argc; ++i) config.set_assignment(argv[i], "command line");

  const auto run = kindred::train(kindred::resolve(config), argv[3], {});
  const auto model = kindred::load_model(run.model);
  const auto train = kindred::embed(model, kindred::open_dataset(argv[1]));  // train.rows: [N, D]
  const auto test = kindred::embed(model, kindred::open_dataset(argv[2]));
  const auto result = kindred::knn(train, test, {.k = 5});
  std::cout << result.protocol_line() << "\ntop-1 " << result.figures[0].value << "\n";
}
