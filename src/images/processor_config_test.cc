#include "images/processor_config.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

using Sizing = ProcessorConfig::Sizing;

ProcessorConfig parse(std::string_view json, std::string_view overrides = {}) {
  auto config = parse_processor_config(json, "config", overrides);
  EXPECT_TRUE(config) << config.error().message();
  return config ? *config : ProcessorConfig{};
}

TEST(ProcessorConfigTest, SizesAreNumbersOrSides) {
  EXPECT_EQ(parse(R"({"size": 224})").sizing, Sizing::kExact);
  EXPECT_EQ(parse(R"({"size": 224, "image_processor_type": "ViTImageProcessor"})").height, 224);
  EXPECT_EQ(
      parse(R"({"size": 224, "feature_extractor_type": "CLIPFeatureExtractor"})").sizing,
      Sizing::kShortestEdge
  );
  const auto sides = parse(R"({"size": {"height": 3, "width": 4}, "resample": 3})");
  EXPECT_EQ(sides.height, 3);
  EXPECT_EQ(sides.width, 4);
  EXPECT_EQ(sides.resample, Resample::kBicubic);
  EXPECT_EQ(parse(R"({"size": {"shortest_edge": 5}})").shortest_edge, 5);
  EXPECT_EQ(parse(R"({"size": 224, "do_resize": false})").sizing, Sizing::kNone);
}

TEST(ProcessorConfigTest, ConvNextCropsSmallImagesAndWarpsLargeOnes) {
  const auto small = parse(
      R"({"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224},
          "crop_pct": 0.875})"
  );
  EXPECT_EQ(small.sizing, Sizing::kShortestEdge);
  EXPECT_EQ(small.shortest_edge, 256);
  EXPECT_TRUE(small.crop);
  EXPECT_EQ(small.crop_height, 224);
  const auto large = parse(
      R"({"image_processor_type": "ConvNextImageProcessorFast", "size": {"shortest_edge": 384}})"
  );
  EXPECT_EQ(large.sizing, Sizing::kExact);
  EXPECT_EQ(large.width, 384);
  EXPECT_FALSE(large.crop);
}

TEST(ProcessorConfigTest, OverridesComeFirst) {
  const auto config = parse(
      R"({"size": 224, "image_mean": [1, 2, 3], "image_std": 2})",
      R"({"size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": 224})"
  );
  EXPECT_EQ(config.shortest_edge, 256);
  EXPECT_EQ(config.crop_width, 224);
  EXPECT_EQ(config.mean[2], 3);
  EXPECT_EQ(config.std[1], 2);
}

TEST(ProcessorConfigTest, SaysWhatIsWrong) {
  const auto failure = [](std::string_view json, std::string_view overrides = {}) {
    const auto config = parse_processor_config(json, "config", overrides);
    return config ? std::string() : config.error().message();
  };
  for (const char* bad :
       {"", "[]", R"({"size": 0})", R"({"size": 100000})", R"({"size": "224"})",
        R"({"size": {"height": 3}})", R"({"size": {"shortest_edge": 5, "longest_edge": 9}})",
        R"({"size": {"height": 1, "width": 1, "shortest_edge": 1}})",
        R"({"size": 224, "resample": 6})", R"({"do_center_crop": true})",
        R"({"do_center_crop": true, "crop_size": {"height": 3}})", R"({"do_normalize": true})",
        R"({"image_mean": [1, 2], "image_std": [1, 1]})",
        R"({"image_mean": [], "image_std": [1, 1, 1]})",
        R"({"image_mean": [0, 0, 0], "image_std": [1, 0, 1]})", R"({"rescale_factor": 0})",
        R"({"do_pad": true})", R"({"image_processor_type": "DetrImageProcessor"})"})
    EXPECT_NE(failure(bad), "") << bad;
  EXPECT_NE(failure("{}", R"({"size": 1, "size": 2})"), "");
}

}  // namespace
}  // namespace martlet
