// SPDX-License-Identifier: Apache-2.0
// The walk from what was typed to resolved options and back, for every method and encoder there is.
#include "kindred/train/options.h"

#include <gmock/gmock.h>

#include "kindred/core/error.h"
#include "tests/train/toy_runs.h"

namespace kindred {
namespace {

using test::error_text;
using testing::AllOf;
using testing::HasSubstr;

TrainOptions resolved(std::initializer_list<std::string> settings) {
  Config config;
  for (const auto& setting : settings) config.set_assignment(setting, "--set");
  return resolve(config);
}

TEST(TrainOptions, TomlRoundTripForEveryMethodAndEncoder) {
  for (const auto& method : method_rows())
    for (const auto& encoder : encoder_rows()) {
      auto options =
          resolved({"method.name=" + std::string(method.name), "encoder.name=" + std::string(encoder.name),
                    "data.train=images:/photos/of \"cats\"", "run.epochs=0.1", "optim.lr=0.30000000000000004",
                    "views.flip=0.25", "views.vector.mask=0.5", "schedule.drop_at=[0.6, 0.8]"});
      auto again = resolve(Config::from_toml(toml_text(options.fields()), "config.toml"));
      EXPECT_TRUE(same_values(options.fields(), again.fields())) << method.name << " " << encoder.name;
      EXPECT_EQ(again.data, "images:/photos/of \"cats\"");
    }
}

TEST(TrainOptions, EveryNameIsThereOnce) {
  auto options = resolved({});
  std::vector<std::string> names;
  for (const auto& field : options.fields()) names.push_back(field.name);
  auto sorted = names;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
  for (const char* name : {"method.name", "data.train", "encoder.name", "encoder.width", "run.steps", "views.preset",
                           "views.crop_scale_min", "views.vector.noise", "loader.workers", "loader.prefetch",
                           "optim.lr", "schedule.name", "loss.temperature", "head.out"})
    EXPECT_THAT(names, testing::Contains(name));
}

TEST(TrainOptions, MethodSetsThePresetAndTheUserWins) {
  EXPECT_EQ(resolved({}).view_preset, "simclr_small");
  EXPECT_EQ(resolved({}).image_views.blur, image_view_preset("simclr_small").blur);
  EXPECT_EQ(resolved({"views.preset="}).view_preset, "simclr_small");
  const auto weak = resolved({"views.preset=weak", "views.flip=0.125"});
  EXPECT_EQ(weak.view_preset, "weak");
  EXPECT_EQ(weak.image_views.jitter, image_view_preset("weak").jitter);
  EXPECT_EQ(weak.image_views.flip, 0.125);
}

TEST(TrainOptions, ALossThatIsPickedBringsItsOptions) {
  auto circle = resolved({"method.name=metric", "loss.name=circle", "loss.gamma=80"});
  EXPECT_EQ(value_text(find_field(circle.fields(), "loss.gamma")->value), "80.0");
  EXPECT_EQ(find_field(circle.fields(), "loss.distance"), nullptr);
  auto again = resolve(Config::from_toml(toml_text(circle.fields()), "config.toml"));
  EXPECT_TRUE(same_values(circle.fields(), again.fields()));
  const auto text = [](std::initializer_list<std::string> settings) { return error_text([&] { resolved(settings); }); };
  EXPECT_THAT(text({"method.name=metric", "loss.gamma=80"}), AllOf(HasSubstr("--set"), HasSubstr("loss.gamma")));
  EXPECT_THAT(text({"method.name=metric", "loss.name=vicreg"}), AllOf(HasSubstr("--set"), HasSubstr("triplet")));
}

TEST(TrainOptions, MethodSetsSamplerChannelsAndVectorViews) {
  EXPECT_EQ(resolved({"method.name=metric"}).loader.per_class, 4);
  EXPECT_EQ(resolved({"method.name=metric", "loader.per_class=7"}).loader.per_class, 7);
  EXPECT_EQ(resolved({}).loader.per_class, 0);
  EXPECT_EQ(resolved({}).channels, "all");
  EXPECT_EQ(resolved({"method.name=cmc"}).channels, "L_ab");
  EXPECT_EQ(resolved({"method.name=dae"}).vector_views.noise, 0);
  EXPECT_GT(resolved({}).vector_views.noise, 0);
}

TEST(TrainOptions, EncodersOfPartsAreHalfAsWide) {
  const auto width = [](std::initializer_list<std::string> settings, const char* field) {
    auto options = resolved(settings);
    return value_text(find_field(options.fields(), field)->value);
  };
  EXPECT_EQ(width({}, "encoder.width"), "32");
  EXPECT_EQ(width({"method.name=cmc"}, "encoder.width"), "16");
  EXPECT_EQ(width({"views.channels=L_ab"}, "encoder.width"), "16");
  EXPECT_EQ(width({"method.name=cmc", "encoder.width=20"}, "encoder.width"), "20");
  EXPECT_EQ(width({"method.name=cmc", "encoder.name=mlp"}, "encoder.hidden"), "[256, 256]");
}

TEST(TrainOptions, RunDecidesTheLoadersBatchAndSeed) {
  const auto options = resolved({"run.batch=17", "run.seed=5"});
  EXPECT_EQ(options.loader.batch, 17);
  EXPECT_EQ(options.loader.seed, 5u);
}

TEST(TrainOptions, MistakesAreNamedWithWhereTheyWereMade) {
  const auto text = [](std::initializer_list<std::string> settings) { return error_text([&] { resolved(settings); }); };
  EXPECT_THAT(text({"loss.temprature=0.1"}), AllOf(HasSubstr("--set"), HasSubstr("loss.temperature")));
  EXPECT_THAT(text({"method.name=simcrl"}), AllOf(HasSubstr("--set"), HasSubstr("simclr")));
  EXPECT_THAT(text({"encoder.name=resnet81"}), AllOf(HasSubstr("--set"), HasSubstr("resnet18")));
  EXPECT_THAT(text({"views.preset=simclr_smal"}), AllOf(HasSubstr("--set"), HasSubstr("simclr_small")));
  EXPECT_THAT(text({"loss.temperature=0"}), AllOf(HasSubstr("--set"), HasSubstr("> 0")));
  EXPECT_THAT(text({"run.batch=none"}), AllOf(HasSubstr("--set"), HasSubstr("whole number")));
  EXPECT_THAT(text({"encoder.name=mlp", "encoder.width=3"}), HasSubstr("encoder.width"));  // another encoder's option
  for (const char* setting : {"views.count=3", "views.vector.count=3"})
    EXPECT_THAT(text({setting}), AllOf(HasSubstr("simclr"), HasSubstr("= 2"), HasSubstr("got 3")));
}

TEST(TrainOptions, LocalCropsAreForMethodsThatTakeThem) {
  const auto swav = resolved({"method.name=swav"});
  EXPECT_EQ(swav.image_views.count, 2);
  EXPECT_EQ(swav.image_views.local_count, 6);
  EXPECT_EQ(resolved({"method.name=swav", "views.local_count=0"}).image_views.local_count, 0);
  EXPECT_THAT(error_text([&] { resolved({"views.local_count=4"}); }),
              AllOf(HasSubstr("views.local_count = 0"), HasSubstr("simclr"), HasSubstr("got 4")));
  EXPECT_THAT(error_text([&] { resolved({"views.preset=dino"}); }), HasSubstr("got 8"));
}

}  // namespace
}  // namespace kindred
