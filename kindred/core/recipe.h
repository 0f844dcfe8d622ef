// SPDX-License-Identifier: Apache-2.0
// A Recipe is a registry row brought to life: options with defaults, and the means to make the thing from them.
//
//   auto recipe = find_method("simclr").recipe();       // options at their defaults
//   config.apply(recipe->fields());                     // changed by the user
//   auto method = recipe->make(encoder, batch);         // made
//
// Each registry (methods, encoders, losses, data sets) has rows {name, summary, recipe}, sorted by name.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "kindred/core/fields.h"

namespace kindred {

template <class Product, class... Args>
class Recipe {
 public:
  virtual ~Recipe() = default;
  // The options; the pointers live as long as the recipe.
  virtual std::vector<Field> fields() = 0;
  // Throws InvalidArgument where the options do not fit the arguments.
  virtual Product make(Args... args) const = 0;
};

// The recipe made of an options struct (with visit_fields) and a function Product(const Options&, Args...).
template <class Options, class Product, class... Args>
std::unique_ptr<Recipe<Product, Args...>> make_recipe(Product (*make)(const Options&, Args...), Options defaults = {}) {
  class Simple final : public Recipe<Product, Args...> {
   public:
    Simple(Product (*function)(const Options&, Args...), Options options)
        : function_(function), options_(std::move(options)) {}
    std::vector<Field> fields() override { return fields_of(options_); }
    Product make(Args... args) const override { return function_(options_, std::forward<Args>(args)...); }

   private:
    Product (*function_)(const Options&, Args...);
    Options options_;
  };
  return std::make_unique<Simple>(make, std::move(defaults));
}

}  // namespace kindred
