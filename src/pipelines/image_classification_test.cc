// Image classification on every engine that runs graphs, against PyTorch's answers:
// tools/make_golden_images.py made both.
#include "martlet/image_classification.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "core/mapped_file.h"
#include "engines/registry.h"
#include "formats/json.h"
#include "formats/safetensors.h"
#include "formats/test_files.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(MARTLET_SOURCE_DIR) / "tests" / "golden" / "images";

class ImageClassificationTest : public DirectoryTest,
                                public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
#ifdef MARTLET_BUILD_DIR
    ::setenv("MARTLET_PLUGIN_DIR", MARTLET_BUILD_DIR, 1);
#else
    GTEST_SKIP() << "built without libturbojpeg or libspng";
#endif
    for (const EngineStatus& engine : engine_statuses()) {
      if (engine.name == GetParam() && !engine.status.ok()) GTEST_SKIP() << engine.status.message();
    }
  }

  static ImageClassificationOptions options() {
    ImageClassificationOptions options{.top_k = 2, .batch = 4};
    options.executor.engine = GetParam();
    return options;
  }
  /// A copy of the golden model that a test may change.
  [[nodiscard]] fs::path copy() const {
    fs::copy(kGolden / "model", path("model"));
    return path("model");
  }
};

/// The golden images, in the order of the golden logits.
struct Images {
  Images() {
    const auto cases = load_json_object(kGolden / "cases.json");
    for (const auto& entry : cases->at("images").as_array()) {
      names.emplace_back(entry.as_string());
      mapped.push_back(*MappedFile::open(kGolden / names.back()));
    }
    for (std::size_t i = 0; i < names.size(); ++i)
      files.push_back({.name = names[i], .bytes = mapped[i].bytes()});
  }
  std::vector<std::string> names;
  std::vector<MappedFile> mapped;
  std::vector<ImageFile> files;
};

TEST_P(ImageClassificationTest, AnswersAsPyTorchDoes) {
  const Images images;
  const auto pipeline = ImageClassificationPipeline::load(kGolden / "model", options());
  ASSERT_TRUE(pipeline) << pipeline.error().message();
  ASSERT_EQ(pipeline->labels().size(), 5U);
  const auto results = pipeline->run(images.files);
  ASSERT_TRUE(results) << results.error().message();
  const auto golden = Safetensors::open(kGolden / "golden.safetensors");
  const auto tensor = std::ranges::find(golden->tensors(), "logits", &Tensor::name);
  ASSERT_EQ(tensor->shape[0], std::ssize(*results));
  std::vector<float> expected(tensor->data.size() / sizeof(float));
  std::memcpy(expected.data(), tensor->data.data(), tensor->data.size());
  for (std::size_t i = 0; i < results->size(); ++i) {
    const Classification& result = (*results)[i];
    // One level of a pixel that two releases of libjpeg-turbo round differently.
    const float tolerance = images.names[i].ends_with(".jpg") ? 1e-2F : 1e-4F;
    const std::span row = std::span(expected).subspan(i * 5, 5);
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_NEAR(result.logits[k], row[k], tolerance) << images.names[i];
    const auto best = std::ranges::max_element(row) - row.begin();
    EXPECT_EQ(result.label, pipeline->labels()[static_cast<std::size_t>(best)]);
    EXPECT_EQ(result.top.size(), 2U);
    EXPECT_GE(result.top[0].score, result.top[1].score);
  }
}

TEST_P(ImageClassificationTest, OneImageIsAsInABatch) {
  const Images images;
  const auto pipeline =
      ImageClassificationPipeline::load(kGolden / "model" / "model.onnx", options());
  ASSERT_TRUE(pipeline) << pipeline.error().message();
  const auto all = pipeline->run(images.files);
  const auto one = pipeline->run(images.files[3]);
  ASSERT_TRUE(all && one);
  for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR((*all)[3].logits[k], one->logits[k], 1e-5F);
  const auto none = pipeline->run(std::span<const ImageFile>());
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST_P(ImageClassificationTest, PreprocessingCanBeGiven) {
  const Images images;
  const fs::path model = copy();
  fs::remove(model / "preprocessor_config.json");
  EXPECT_EQ(
      ImageClassificationPipeline::load(model, options()).error().code(), StatusCode::kNotFound
  );
  auto given = options();
  given.preprocess = R"({"size": {"height": 30, "width": 40}})";
  const auto pipeline = ImageClassificationPipeline::load(model, given);
  ASSERT_TRUE(pipeline) << pipeline.error().message();
  EXPECT_TRUE(pipeline->run(images.files[0]));
}

TEST_P(ImageClassificationTest, SaysWhatIsWrong) {
  const Images images;
  const auto pipeline = ImageClassificationPipeline::load(kGolden / "model", options());
  ASSERT_TRUE(pipeline) << pipeline.error().message();
  const std::string_view text = "no image";
  const auto refused = pipeline->run({.name = "a.jpg", .bytes = as_bytes(text)});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message().starts_with("[a.jpg] got 8 bytes that are no image"));

  const fs::path model = copy();
  write("model/config.json", R"({"num_labels": 3})");
  const auto labels = ImageClassificationPipeline::load(model, options());
  ASSERT_FALSE(labels);
  EXPECT_NE(labels.error().message().find("labels, got 3, expected 5"), std::string::npos);
  fs::remove(model / "model.onnx");
  EXPECT_EQ(
      ImageClassificationPipeline::load(model, options()).error().code(), StatusCode::kNotFound
  );
}

INSTANTIATE_TEST_SUITE_P(
    Engines, ImageClassificationTest, ::testing::Values("onnxruntime", "openvino"),
    [](const auto& info) { return std::string(info.param); }
);

}  // namespace
}  // namespace martlet
