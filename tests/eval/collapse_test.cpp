// SPDX-License-Identifier: Apache-2.0
// Proves: figures per view and their mean; every warning on a table of cases, above all where there must be none.
#include "kindred/eval/collapse.h"

#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "tests/eval/support.h"

namespace kindred {
namespace {

using test::normal_rows;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::pair<double, std::string>> kLandmarks{{std::log(511.0), "nothing has been learnt yet"},
                                                             {-1, "a constant output"}};
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> warnings(const at::Tensor& z1, const at::Tensor& z2, double loss) {
  return collapse_warnings(collapse_figures(z1, z2), z1.size(0), z1.size(1), loss, kLandmarks);
}

TEST(CollapseFigures, ViewsAreCloudsOfTheirOwn) {
  // Two collapsed views in opposite places: stacked they would look spread out.
  const auto z = at::ones({64, 16}) + 1e-4 * normal_rows(64, 16, 1);
  const auto f = collapse_figures(z, -z);
  EXPECT_LT(f.std_sqrt_d, 1e-3);
  EXPECT_NEAR(f.uniformity, 0, 1e-6);
  EXPECT_NEAR(f.alignment, 4, 1e-5);
  const auto alone = collapse_figures(z, {});
  EXPECT_TRUE(std::isnan(alone.alignment));
  EXPECT_NEAR(alone.std_sqrt_d, f.std_sqrt_d, 1e-9);
}

TEST(CollapseFigures, HealthyRows) {
  const auto z = normal_rows(256, 128, 2);
  const auto f = collapse_figures(z, z);
  EXPECT_NEAR(f.std_sqrt_d, 1, 0.02);
  EXPECT_GT(f.effective_rank, 80);
  EXPECT_EQ(f.alignment, 0);
  EXPECT_NEAR(f.uniformity, -3.9, 0.1);
}

TEST(CollapseFigures, OddInput) {
  const auto z = normal_rows(8, 4, 3);
  auto bad = z.clone();
  bad[2][1] = kUnknown;
  EXPECT_TRUE(std::isnan(collapse_figures(bad, z).std_sqrt_d));
  EXPECT_TRUE(std::isnan(collapse_figures(z, bad).uniformity));
  EXPECT_TRUE(std::isnan(collapse_figures(z.narrow(0, 0, 1), {}).std_sqrt_d));
  EXPECT_THROW(collapse_figures(z, normal_rows(7, 4, 3)), InvalidArgument);
  EXPECT_THROW(collapse_figures(z[0], {}), InvalidArgument);
  EXPECT_EQ(collapse_figures(at::zeros({8, 4}), at::zeros({8, 4})).std_sqrt_d, 0);
}

TEST(CollapseWarnings, Table) {
  const auto healthy = normal_rows(256, 128, 4), noise = normal_rows(256, 128, 5);
  const auto close = healthy + 0.3 * noise;  // a second view near the first
  const auto point = at::ones({256, 128}) + 0.01 * noise;
  const auto line = at::mm(normal_rows(256, 1, 6), normal_rows(1, 128, 7)) + 1e-3 * noise;
  const auto cone = at::ones({256, 128}) * 3 + noise;    // an untrained rectified network: cosine 0.9
  const auto narrow = at::ones({256, 128}) * 6 + noise;  // cosine 0.97
  const double start = std::log(511.0);

  EXPECT_THAT(warnings(healthy, close, 2.0), IsEmpty());
  EXPECT_THAT(warnings(healthy, close, start), IsEmpty());  // the first steps of a healthy run
  EXPECT_THAT(warnings(healthy, close, -1.0), IsEmpty());   // SimSiam converged, not collapsed
  EXPECT_THAT(warnings(healthy, close, kUnknown), IsEmpty());
  EXPECT_THAT(warnings(cone, cone + 0.3 * noise, 3.0), IsEmpty());
  EXPECT_THAT(warnings(normal_rows(256, 2, 8), normal_rows(256, 2, 8), 3.0),
              IsEmpty());                                             // D = 2: rank 2 is all there is
  EXPECT_THAT(warnings(normal_rows(4, 128, 9), {}, 3.0), IsEmpty());  // 4 rows: rank 3 is all there is
  EXPECT_THAT(warnings(normal_rows(1, 128, 9), {}, start), IsEmpty());

  EXPECT_THAT(warnings(point, point, 3.0),
              ElementsAre(HasSubstr("all embeddings point the same way: the encoder has collapsed")));
  EXPECT_THAT(warnings(at::zeros({256, 128}), {}, 3.0),
              ElementsAre(HasSubstr("(std x sqrt(d) = 0, expected about 1)")));
  EXPECT_THAT(warnings(point, point, start),
              ElementsAre(HasSubstr("collapsed"), HasSubstr("sits at 6.24: nothing has been learnt")));
  EXPECT_THAT(warnings(point, point, -0.999), ElementsAre(HasSubstr("collapsed"), HasSubstr("a constant output")));
  EXPECT_THAT(warnings(point, point, -0.92), ElementsAre(HasSubstr("collapsed"), HasSubstr("a constant output")));
  EXPECT_THAT(warnings(point, point, -0.88), ElementsAre(HasSubstr("collapsed")));            // 12 % off the landmark
  EXPECT_THAT(warnings(point, point, start * 0.98), ElementsAre(HasSubstr("collapsed")));     // 2 % off this one
  EXPECT_THAT(warnings(narrow, narrow, -0.95), ElementsAre(HasSubstr("a constant output")));  // on its way
  EXPECT_THAT(warnings(narrow, narrow, -0.8), IsEmpty());
  EXPECT_THAT(warnings(healthy, healthy, -0.999), IsEmpty());  // views coincide, samples do not
  EXPECT_THAT(warnings(line, line, 3.0), ElementsAre(HasSubstr("of at most 128 (dimensional collapse)")));
  EXPECT_THAT(warnings(healthy, noise, start), ElementsAre(HasSubstr("sits at")));  // views as far apart as strangers
  EXPECT_THAT(warnings(healthy, noise, 3.0), IsEmpty());
  // Spread out in 20 of 128 directions: fine for most losses, not for one that nears its floor.
  const auto flat = at::mm(normal_rows(256, 20, 10), normal_rows(20, 128, 11));
  EXPECT_THAT(warnings(flat, flat, 3.0), IsEmpty());
  EXPECT_THAT(warnings(flat, flat, -0.5), IsEmpty());
  EXPECT_THAT(warnings(flat, flat, -0.7), ElementsAre(HasSubstr("nears -1 (a constant output) on few directions")));
  auto bad = healthy.clone();
  bad[0][0] = kUnknown;
  EXPECT_THAT(warnings(bad, healthy, 3.0), ElementsAre(HasSubstr("not finite")));
}

}  // namespace
}  // namespace kindred
