// SPDX-License-Identifier: Apache-2.0
// libkindred_ops.so as any program of the engine sees it: opened at run time, operators found by name, differentiable,
// equal to the library's functions; the library shows no name of its own.
#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kindred/losses/info_nce.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/losses/registry.h"
#include "kindred/losses/sup_con.h"
#include "tests/losses/registry_inputs.h"
#include "tests/support/gradcheck.h"

namespace kindred {
namespace {

class Operators : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    handle_ = ::dlopen(KINDRED_OPS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(handle_, nullptr) << ::dlerror();
  }
  // Missing arguments take the schema's defaults.
  static c10::IValue call(const std::string& name, std::vector<c10::IValue> arguments) {
    const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(("kindred::" + name).c_str(), "");
    torch::jit::Stack stack(arguments.begin(), arguments.end());
    for (size_t i = stack.size(); i < op.schema().arguments().size(); ++i)
      stack.push_back(*op.schema().arguments()[i].default_value());
    op.callBoxed(&stack);
    return stack.at(0);
  }
  static void* handle_;
};
void* Operators::handle_ = nullptr;

TEST_F(Operators, AreTheFunctionsOfTheLibrary) {
  const at::Tensor a = test::random_rows(6, 4, 1), b = test::random_rows(6, 4, 2), queue = test::random_rows(9, 4, 3);
  const at::Tensor labels = at::arange(6).remainder(2);
  EXPECT_EQ(call("nt_xent", {a, b, 0.2}).toTensor().item<double>(), nt_xent(a, b, {.temperature = 0.2}).item<double>());
  EXPECT_EQ(call("nt_xent", {a, b}).toTensor().item<double>(), nt_xent(a, b).item<double>());
  EXPECT_EQ(call("info_nce", {a, b, 0.3, "symmetric"}).toTensor().item<double>(),
            info_nce(a, b, {.temperature = 0.3, .direction = "symmetric"}).item<double>());
  EXPECT_EQ(call("info_nce", {a, b, 0.3, "one_way", queue}).toTensor().item<double>(),
            info_nce_queue(a, b, queue, {.temperature = 0.3}).item<double>());
  EXPECT_EQ(call("sup_con", {a, labels, 0.1, R"({"variant": "in"})"}).toTensor().item<double>(),
            sup_con(a, labels, {.variant = "in"}).item<double>());
}

TEST_F(Operators, AreDifferentiable) {
  const auto f = [](const std::vector<at::Tensor>& z) { return call("nt_xent", {z[0], z[1], 0.2}).toTensor(); };
  test::expect_gradients(f, {test::random_rows(4, 3, 1), test::random_rows(4, 3, 2)}, "nt_xent");
}

TEST_F(Operators, DefaultsAreThoseOfTheOptions) {
  // An operator called with its tensors alone is the loss with its default options.
  const at::Tensor a = test::random_rows(6, 4, 1), b = test::random_rows(6, 4, 2), labels = at::arange(6).remainder(2);
  const auto plain = [](const char* name, const LossInputs& in) {
    return find_loss(name).recipe()->make(in).item<double>();
  };
  for (const char* name :
       {"nt_xent", "info_nce", "siglip", "vicreg", "barlow_twins", "decoupled", "debiased", "hard_negative"})
    EXPECT_EQ(call(name, {a, b}).toTensor().item<double>(), plain(name, {.views = {a, b}})) << name;
  for (const char* name : {"sup_con", "triplet"})
    EXPECT_EQ(call(name, {a, labels}).toTensor().item<double>(), plain(name, {.views = {a}, .labels = labels})) << name;
  EXPECT_EQ(call("negative_cosine", {a, b, b * 2 + 1, a - 1}).toTensor().item<double>(),
            plain("negative_cosine", {.views = {a, b * 2 + 1}, .targets = {b, a - 1}}));
}

TEST_F(Operators, TheGeneralOneReachesEveryRow) {
  const auto maybe = [](const at::Tensor& x) { return x.defined() ? c10::IValue(x) : c10::IValue(); };
  std::vector<std::string> names;
  for (const auto& row : loss_rows()) {
    names.emplace_back(row.name);
    const LossInputs in = test::case_inputs(row.name, 6, 4, 1);
    const std::string options = row.name == "nce_memory_bank" ? R"({"negatives": 3, "z": 20})"
                                : row.name == "mochi"         ? R"({"hardest": 3, "mixed": 3, "mixed_query": 2})"
                                                              : "{}";
    const auto got =
        call("loss", {std::string(row.name), in.views, in.targets.empty() ? c10::IValue() : c10::IValue(in.targets),
                      maybe(in.labels), maybe(in.ids), maybe(in.scores), maybe(in.similar), maybe(in.queue),
                      maybe(in.queue_ids), maybe(in.negatives), maybe(in.prototypes), maybe(in.mask),
                      maybe(in.logit_scale), maybe(in.bias), maybe(in.center), static_cast<int64_t>(in.seed), options});
    const auto recipe = row.recipe();
    if (options != "{}") test::small_options(recipe->fields());
    EXPECT_EQ(got.toTensor().item<double>(), recipe->make(in).item<double>()) << row.name;
  }
  EXPECT_EQ(call("losses", {}).to<std::vector<std::string>>(), names);
  EXPECT_EQ(call("implementation", {}).toStringRef().empty(), false);
}

TEST_F(Operators, MistakesAreValueErrors) {
  const at::Tensor a = test::random_rows(6, 4, 1), b = test::random_rows(6, 4, 2);
  const auto message = [&](const std::string& name, std::vector<c10::IValue> arguments) -> std::string {
    try {
      call(name, std::move(arguments));
    } catch (const c10::ValueError& error) {
      return error.what_without_backtrace();
    }
    return "";
  };
  EXPECT_EQ(message("nt_xent", {a, b, -1.0}), "nt_xent: expected temperature > 0, got -1.0");
  EXPECT_THAT(message("nt_xent", {a, b.slice(0, 0, 3)}), testing::HasSubstr("nt_xent: expected"));
  EXPECT_THAT(message("info_nce", {a, b, 0.1, "both"}), testing::HasSubstr("one_way, symmetric, sum"));
  EXPECT_THAT(message("nt_xent", {a, b, 0.1, c10::IValue(), "{oops"}), testing::HasSubstr("options as JSON"));
  EXPECT_THAT(message("nt_xent", {a, b, 0.1, c10::IValue(), R"({"temprature": 1})"}),
              testing::HasSubstr("temperature"));
  EXPECT_THAT(message("loss", {"nt_xnet", std::vector<at::Tensor>{a, b}}), testing::HasSubstr("nt_xent"));
}

TEST_F(Operators, TheLibraryHidesItsNames) {
  // nt_xent(at::Tensor const&, at::Tensor const&, NtXentOptions const&) of its own copy.
  EXPECT_EQ(::dlsym(handle_, "_ZN7kindred7nt_xentERKN2at6TensorES3_RKNS_13NtXentOptionsE"), nullptr);
}

}  // namespace
}  // namespace kindred
