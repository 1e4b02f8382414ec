// Decoding and preprocessing against PIL and transformers: tools/make_golden_images.py made the
// answers.
#include "images/image_processor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <cstring>

#include "core/mapped_file.h"
#include "formats/json.h"
#include "formats/safetensors.h"
#include "images/decode.h"

namespace martlet {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(MARTLET_SOURCE_DIR) / "tests" / "golden" / "images";

class GoldenImages : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
#ifdef MARTLET_BUILD_DIR
    ::setenv("MARTLET_PLUGIN_DIR", MARTLET_BUILD_DIR, 1);
#endif
  }

  void SetUp() override {
#ifndef MARTLET_BUILD_DIR
    GTEST_SKIP() << "built without libturbojpeg or libspng";
#endif
    auto file = Safetensors::open(kGolden / "golden.safetensors");
    ASSERT_TRUE(file) << file.error().message();
    golden_ = std::make_unique<Safetensors>(*std::move(file));
    auto cases = load_json_object(kGolden / "cases.json");
    ASSERT_TRUE(cases) << cases.error().message();
    cases_ = *std::move(cases);
  }

  [[nodiscard]] const Tensor& tensor(const std::string& name) const {
    return *std::ranges::find(golden_->tensors(), name, &Tensor::name);
  }

  static Result<Image> decode(std::string_view name, const DecodeLimits& limits = {}) {
    const auto file = MappedFile::open(kGolden / name);
    if (!file) return file.error();
    return decode_image(file->bytes(), name, limits);
  }

  std::unique_ptr<Safetensors> golden_;
  boost::json::object cases_;
};

TEST_F(GoldenImages, DecodesAsPilDoes) {
  for (const auto& entry : cases_["images"].as_array()) {
    const std::string name(entry.as_string());
    const auto image = decode(name);
    ASSERT_TRUE(image) << image.error().message();
    const Tensor& expected = tensor("decoded/" + name);
    ASSERT_EQ(image->height, static_cast<std::size_t>(expected.shape[0])) << name;
    ASSERT_EQ(image->width, static_cast<std::size_t>(expected.shape[1])) << name;
    int largest = 0;
    for (std::size_t i = 0; i < image->pixels.size(); ++i) {
      const int apart = image->pixels[i] - std::to_integer<int>(expected.data[i]);
      largest = std::max(largest, std::abs(apart));
    }
    // Two releases of libjpeg-turbo may round an inverse transform differently.
    EXPECT_LE(largest, name.ends_with(".jpg") ? 1 : 0) << name;
  }
}

TEST_F(GoldenImages, ProcessesAsTransformersDoes) {
  for (const auto& entry : cases_["cases"].as_array()) {
    const auto& golden = entry.as_object();
    const std::string name(golden.at("name").as_string());
    const auto image = decode(golden.at("image").as_string());
    ASSERT_TRUE(image) << image.error().message();
    const auto config = parse_processor_config(boost::json::serialize(golden.at("config")), name);
    ASSERT_TRUE(config) << config.error().message();
    const auto pixels = ImageProcessor(*config).process(*image);
    ASSERT_TRUE(pixels) << pixels.error().message();
    const Tensor& expected = tensor("pixels/" + name);
    ASSERT_EQ(pixels->height, static_cast<std::size_t>(expected.shape[1])) << name;
    ASSERT_EQ(pixels->width, static_cast<std::size_t>(expected.shape[2])) << name;
    ASSERT_EQ(pixels->values.size() * sizeof(float), expected.data.size());
    EXPECT_EQ(std::memcmp(pixels->values.data(), expected.data.data(), expected.data.size()), 0)
        << name << " is not equal to the bit";
  }
}

TEST_F(GoldenImages, LimitsCountPixels) {
  const auto fits = decode("rgb.png", {.max_pixels = 75 * 50});
  EXPECT_TRUE(fits);
  for (const char* name : {"rgb.png", "rgb.jpg"}) {
    const auto refused = decode(name, {.max_pixels = 75 * 50 - 1});
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code(), StatusCode::kInvalidInput);
    EXPECT_NE(refused.error().message().find("75 x 50"), std::string::npos);
  }
}

TEST_F(GoldenImages, CutFilesAreRefused) {
  for (const char* name : {"rgb.png", "rgb.jpg", "progressive.jpg", "cmyk.jpg", "palette.png"}) {
    const auto file = MappedFile::open(kGolden / name);
    ASSERT_TRUE(file);
    // The last bytes are an end marker, which nothing is lost without.
    for (std::size_t size = 0; size + 16 < file->bytes().size(); size += 97) {
      const auto image = decode_image(file->bytes().first(size), name);
      ASSERT_FALSE(image) << name << " cut to " << size;
      EXPECT_EQ(image.error().code(), StatusCode::kInvalidInput);
    }
  }
}

TEST_F(GoldenImages, OtherFilesAreNoImages) {
  const std::string_view text = "GIF89a, or a text";
  const auto image = decode_image(std::as_bytes(std::span(text)), "a.gif");
  ASSERT_FALSE(image);
  EXPECT_EQ(
      image.error().message(), "[a.gif] got 17 bytes that are no image, expected JPEG or PNG"
  );
}

TEST(ImageProcessorTest, SizesThatExplodeAreRefused) {
  ProcessorConfig config;
  config.sizing = ProcessorConfig::Sizing::kShortestEdge;
  config.shortest_edge = 4096;
  const auto pixels = ImageProcessor(config).process(Image::of_size(1, 60'000));
  ASSERT_FALSE(pixels);
  EXPECT_EQ(pixels.error().code(), StatusCode::kInvalidInput);
}

/// A constant image stays what it is, whatever its sizes and the filter.
TEST(ImageProcessorTest, ConstantImagesStayConstant) {
  for (const std::size_t from : {1U, 2U, 3U, 17U, 300U}) {
    Image image = Image::of_size(from, from + 1);
    std::ranges::fill(image.pixels, std::uint8_t{201});
    for (const std::size_t to : {1U, 2U, 5U, 64U, 301U}) {
      for (int filter = 0; filter <= 5; ++filter) {
        const Image resized = resize(image, to, to + 2, static_cast<Resample>(filter));
        ASSERT_EQ(resized.width, to);
        ASSERT_EQ(resized.height, to + 2);
        EXPECT_TRUE(std::ranges::all_of(resized.pixels, [](int value) { return value == 201; }))
            << from << " to " << to << " with " << filter;
      }
    }
  }
}

}  // namespace
}  // namespace martlet
