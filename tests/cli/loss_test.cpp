// SPDX-License-Identifier: Apache-2.0
// kindred loss in process: value and gradient of losses with a closed form computed here in loops, time and memory there,
// every input by its flag, and one line for what does not fit.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kindred/cli/command.h"
#include "kindred/cli/npy_tensor.h"
#include "kindred/core/file.h"
#include "kindred/core/rng.h"
#include "kindred/losses/needs.h"
#include "kindred/losses/registry.h"
#include "tests/support/temp_folder.h"

namespace kindred::cli {
namespace {

using testing::HasSubstr;

struct LossOutcome {
  int status = 0;
  std::string out, err;
};

class LossCommand : public testing::Test {
 protected:
  // Writes x as NAME.npy and returns its path.
  std::string file(const std::string& name, const at::Tensor& x) {
    const auto path = folder_ / (name + ".npy");
    if (at::isFloatingType(x.scalar_type())) write_npy_tensor(path, x);
    else write_whole(path, x);
    return path.string();
  }
  std::string path(const std::string& name) { return (folder_ / name).string(); }
  static LossOutcome run_words(std::vector<std::string> words) {
    words.insert(words.begin(), "loss");
    std::ostringstream out, err;
    Io io{out, err};
    LossOutcome outcome;
    outcome.status = run(words, io);
    outcome.out = out.str();
    outcome.err = err.str();
    return outcome;
  }
  static nlohmann::json run_json(std::vector<std::string> words) {
    words.emplace_back("--json");
    const auto outcome = run_words(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json();
  }
  static at::Tensor rows(int64_t n, int64_t d, uint64_t seed) {
    at::Tensor x = at::empty({n, d}, at::kDouble);
    CounterRng rng(seed, RngOp::kTest);
    for (int64_t i = 0; i < n * d; ++i) x.data_ptr<double>()[i] = rng.normal();
    return x;
  }

 private:
  static void write_whole(const std::filesystem::path& path, const at::Tensor& x);
  test::TempFolder folder_;
};

void LossCommand::write_whole(const std::filesystem::path& path, const at::Tensor& x) {
  const at::Tensor values = x.to(at::kLong).contiguous();
  std::string dict = "{'descr': '<i8', 'fortran_order': False, 'shape': (" + std::to_string(x.numel()) + ",), }\n";
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += {static_cast<char>(dict.size()), '\0'};
  bytes += dict;
  bytes.append(static_cast<const char*>(values.data_ptr()), static_cast<size_t>(8 * x.numel()));
  write_file(path, bytes);
}

// NT-Xent of algorithm 1 by loops.
double slow_nt_xent(const at::Tensor& z1, const at::Tensor& z2, double t) {
  const at::Tensor z = at::cat({z1, z2}).to(at::kDouble).contiguous();
  const int64_t n = z.size(0), d = z.size(1), b = n / 2;
  const double* p = z.data_ptr<double>();
  const auto dot = [&](int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t k = 0; k < d; ++k) sum += p[i * d + k] * p[j * d + k];
    return sum;
  };
  double total = 0;
  for (int64_t i = 0; i < n; ++i) {
    double below = 0;
    for (int64_t j = 0; j < n; ++j)
      if (j != i) below += std::exp(dot(i, j) / std::sqrt(dot(i, i) * dot(j, j)) / t);
    const int64_t partner = (i + b) % n;
    total += std::log(below) - dot(i, partner) / std::sqrt(dot(i, i) * dot(partner, partner)) / t;
  }
  return total / static_cast<double>(n);
}

TEST_F(LossCommand, ValueGradientTimeAndMemory) {
  const at::Tensor z1 = rows(7, 5, 1), z2 = rows(7, 5, 2);
  for (const auto type : {at::kDouble, at::kFloat}) {
    const double tolerance = type == at::kDouble ? 1e-9 : 1e-5;
    const std::string inputs = file("z1", z1.to(type)) + "," + file("z2", z2.to(type));
    const auto report = run_json({"--name", "nt_xent", "--input", inputs, "--options", R"({"temperature": 0.2})",
                                  "--repeat", "3", "--grad-out", path("g1.npy") + "," + path("g2.npy")});
    EXPECT_NEAR(report["loss"].get<double>(), slow_nt_xent(z1, z2, 0.2), tolerance);
    EXPECT_GT(report["seconds"].get<double>(), 0);
    EXPECT_EQ(report["name"], "nt_xent");
    EXPECT_EQ(report["shape"], (std::vector<int64_t>{7, 5}));
    EXPECT_EQ(report["type"], type == at::kDouble ? "float64" : "float32");
    // Both gradients at least, which are as large as the inputs.
    EXPECT_GE(report["peak_extra_bytes"].get<int64_t>(), 2 * 7 * 5 * static_cast<int64_t>(at::elementSize(type)));

    const at::Tensor g2 = read_npy_tensor(path("g2.npy"));
    EXPECT_EQ(g2.scalar_type(), type);
    const double step = 1e-5;
    at::Tensor up = z2.clone(), down = z2.clone();
    up[3][2] += step;
    down[3][2] -= step;
    const double slope = (slow_nt_xent(z1, up, 0.2) - slow_nt_xent(z1, down, 0.2)) / (2 * step);
    EXPECT_NEAR(g2[3][2].item<double>(), slope, 1e-7 + tolerance);
  }
}

TEST_F(LossCommand, MemoryIsThatOfTheTensors) {
  const int64_t n = 64, d = 32;
  const auto report =
      run_json({"--name", "mse", "--input", file("x", rows(n, d, 1)), "--targets", file("y", rows(n, d, 2))});
  // x - y is kept for the gradient, which has its size too; nothing in this loss is as large as four of them.
  EXPECT_GE(report["peak_extra_bytes"].get<int64_t>(), 2 * n * d * 8);
  EXPECT_LE(report["peak_extra_bytes"].get<int64_t>(), 6 * n * d * 8);
}

TEST_F(LossCommand, ImplementationIsWhatRan) {
  const std::string inputs = file("z1", rows(6, 4, 1)) + "," + file("z2", rows(6, 4, 2));
  EXPECT_EQ(run_json({"--name", "vicreg", "--input", inputs, "--impl", "composite"})["implementation"], "composite");
  EXPECT_EQ(run_json({"--name", "mse", "--input", inputs, "--impl", "auto"})["implementation"], "composite");
  const auto refused = run_words({"--name", "mse", "--input", inputs, "--impl", "fused"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(refused.err, "error: mse: expected --impl auto or composite, got fused: it has no fused version\n");
  for (const auto& row : loss_rows()) {
    const auto recipe = row.recipe();
    const auto needs = loss_needs(row);
    const bool two_views = needs[0].count == 2 && (needs.size() == 1 || needs[1].optional);
    if (!two_views || find_field(recipe->fields(), "impl") == nullptr) continue;
    for (const char* impl : {"fused", "composite"})
      EXPECT_EQ(run_json({"--name", std::string(row.name), "--input", inputs, "--impl", impl})["implementation"], impl)
          << row.name;
  }
}

TEST_F(LossCommand, AVectorIsShownAndSummed) {
  const std::string x = file("x", rows(9, 4, 1)), y = file("y", at::arange(9).remainder(3));
  const std::vector<std::string> words{"--name", "triplet", "--input", x, "--labels", y, "--options"};
  const auto with = [&](const char* options) {
    auto all = words;
    all.emplace_back(options);
    return all;
  };
  const auto each = run_json(with(R"({"reduction": "per_anchor"})"));
  ASSERT_EQ(each["terms"].size(), 9u);
  double sum = 0;
  for (const auto& term : each["terms"]) sum += term.get<double>();
  EXPECT_NEAR(each["loss"].get<double>(), sum, 1e-12);
  EXPECT_FALSE(run_json(with(R"({"reduction": "mean"})")).contains("terms"));
  const auto lines = run_words(with(R"({"reduction": "per_anchor"})")).out;
  EXPECT_THAT(lines, HasSubstr("the sum of 9 terms: "));
  EXPECT_THAT(lines, HasSubstr(" ...\n"));
}

TEST_F(LossCommand, EveryInputHasItsFlag) {
  const auto help = run_words({"--help"}).out;
  for (const auto& tensor : loss_tensors()) {
    std::string flag = "--" + std::string(tensor.name) + " ";
    std::replace(flag.begin(), flag.end(), '_', '-');
    EXPECT_THAT(help, HasSubstr(flag));
  }
  const std::string z = file("z1", rows(6, 4, 1)) + "," + file("z2", rows(6, 4, 2));
  const std::string ids = file("ids", at::arange(6).floor_divide(2));
  const double plain = run_json({"--name", "info_nce", "--input", z})["loss"];
  const double masked = run_json({"--name", "info_nce", "--input", z, "--ids", ids})["loss"];
  EXPECT_LT(masked, plain);  // fewer terms below the line
  const double queued =
      run_json({"--name", "info_nce", "--input", z, "--queue", file("q", rows(5, 4, 3)), "--ids", ids, "--queue-ids",
                file("qi", at::arange(5)), "--options", R"({"in_batch": true})"})["loss"];
  EXPECT_GT(queued, masked);
  const auto scaled = run_json({"--name", "siglip", "--input", z, "--logit-scale", "2", "--bias",
                                file("b", at::full({1}, -1.0, at::kDouble)), "--grad-out",
                                path("g1.npy") + "," + path("g2.npy") + "," + path("gs.npy") + "," + path("gb.npy")});
  EXPECT_TRUE(std::isfinite(scaled["loss"].get<double>()));
  EXPECT_EQ(read_npy_tensor(path("gb.npy")).dim(), 0);
  EXPECT_NE(read_npy_tensor(path("gs.npy")).item<double>(), 0);
  const at::Tensor classes = rows(3, 4, 4);
  const auto proxies = run_json({"--name", "proxy_anchor", "--input", file("x", rows(6, 4, 1)), "--labels",
                                 file("y", at::arange(6).remainder(3)), "--prototypes", file("p", classes),
                                 "--grad-out", path("g1.npy") + "," + path("gp.npy")});
  EXPECT_EQ(read_npy_tensor(path("gp.npy")).sizes(), classes.sizes());
}

TEST_F(LossCommand, NestedOptionsAreThoseWithDots) {
  const std::vector<std::string> words{
      "--name",   "triplet", "--input", file("x", rows(9, 4, 1)), "--labels", file("y", at::arange(9).remainder(3)),
      "--options"};
  const auto with = [&](const char* options) {
    auto all = words;
    all.emplace_back(options);
    return run_json(all)["loss"].get<double>();
  };
  EXPECT_EQ(with(R"({"miner": {"kind": "hard"}})"), with(R"({"miner.kind": "hard"})"));
  EXPECT_NE(with(R"({"miner.kind": "hard"})"), with("{}"));
}

TEST_F(LossCommand, BadInputIsOneLineAndStatus2) {
  const std::string z1 = file("z1", rows(6, 4, 1)), z = z1 + "," + file("z2", rows(6, 4, 2));
  at::Tensor bad = rows(6, 4, 1);
  bad[2][1] = std::nan("");
  struct Case {
    std::vector<std::string> words;
    const char* says;
  };
  const std::vector<Case> cases{
      {{}, "--name"},
      {{"--name", "nt_xnet", "--input", z}, "nt_xent"},
      {{"--name", "nt_xent"}, "--input"},
      {{"--name", "vicreg", "--input", z1}, "vicreg: expected 2 views, got 1"},
      {{"--name", "nt_xent", "--input", path("absent.npy")}, "absent.npy"},
      {{"--name", "nt_xent", "--input", z, "--options", "{temperature: 1}"}, "--options: expected JSON"},
      {{"--name", "nt_xent", "--input", z, "--options", R"({"temprature": 1})"}, "temperature"},
      {{"--name", "nt_xent", "--input", z, "--options", R"({"temperature": -1})"},
       "--options: expected temperature > 0, got -1"},
      {{"--name", "nt_xent", "--input", z, "--options", R"({"reduction": "median"})"}, "mean, sum_of_views"},
      {{"--name", "nt_xent", "--input", z, "--options", "[1]"}, "JSON object"},
      {{"--name", "nt_xent", "--input", z, "--impl", "fast"}, "auto, fused, composite"},
      {{"--name", "vicreg", "--input", z, "--queue", z1}, "vicreg: expected inputs among views:2, got queue"},
      {{"--name", "arcface", "--input", z1, "--labels", file("y", at::arange(6))},
       "arcface: expected prototypes, got none"},
      {{"--name", "nt_xent", "--input", z + "," + z1, "--labels", file("few", at::arange(4))}, "labels of shape [6]"},
      {{"--name", "nt_xent", "--input", z, "--grad-out", path("g.npy")}, "expected 2 files for --grad-out, got 1"},
      {{"--name", "nt_xent", "--input", z, "--repeat", "0"}, "repeat"},
      {{"--name", "siglip", "--input", z, "--bias", z1}, "expected one number, got 24"},
      {{"--name", "nt_xent", "--input", z1 + "," + file("bad", bad)}, "finite z2, got nan at [2, 1]"},
  };
  for (const auto& item : cases) {
    std::string typed;
    for (const auto& word : item.words) typed += word + " ";
    const auto outcome = run_words(item.words);
    EXPECT_EQ(outcome.status, 2) << typed << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(item.says)) << typed;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << typed << outcome.err;
    EXPECT_EQ(outcome.out, "") << typed;
  }
  EXPECT_FALSE(std::filesystem::exists(path("g.npy")));
}

}  // namespace
}  // namespace kindred::cli
