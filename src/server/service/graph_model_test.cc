// Graphs as served models, on the golden image classifier.
#include "server/service/graph_model.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "engines/registry.h"
#include "server/service/service_testing.h"

namespace martlet {
namespace {

const std::filesystem::path kImages =
    std::filesystem::path(MARTLET_SOURCE_DIR) / "tests" / "golden" / "images";

TextInput image(std::string_view name) {
  std::ifstream file(kImages / name, std::ios::binary);
  return {.text = std::string(std::istreambuf_iterator<char>(file), {})};
}

class GraphModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef MARTLET_BUILD_DIR
    ::setenv("MARTLET_PLUGIN_DIR", MARTLET_BUILD_DIR, 1);
#else
    GTEST_SKIP() << "built without libturbojpeg or libspng";
#endif
    for (const EngineStatus& engine : engine_statuses()) {
      if (engine.name == "onnxruntime" && !engine.status.ok())
        GTEST_SKIP() << engine.status.message();
    }
  }

  static std::unique_ptr<ServedModel> load(const std::filesystem::path& path) {
    auto model = load_graph_model({"graph", path}, {});
    if (!model) throw std::runtime_error(model.error().message());
    return *std::move(model);
  }

  static Result<std::vector<NamedTensor>> ask_tensors(ServedModel& model, TensorRequest request) {
    std::promise<Result<std::vector<NamedTensor>>> promise;
    auto future = promise.get_future();
    model.tensors()->submit_tensors(
        std::move(request), {},
        [&](Result<std::vector<NamedTensor>>&& outputs, const RequestFacts&) {
          promise.set_value(std::move(outputs));
        }
    );
    return future.get();
  }

  static TensorRequest grey(std::int64_t images) {
    NamedTensor input{"pixel_values", TensorType::kFloat32, {images, 3, 16, 16}};
    input.data.resize(static_cast<std::size_t>(images) * 3 * 16 * 16 * sizeof(float));
    return {.inputs = {std::move(input)}, .outputs = {"logits"}};
  }
};

TEST_F(GraphModelTest, KnowsWhatIsAGraph) {
  EXPECT_TRUE(is_graph_model(kImages / "model"));
  EXPECT_TRUE(is_graph_model(kImages / "model" / "model.onnx"));
  EXPECT_FALSE(is_graph_model(served_golden("bert-odd")));
  EXPECT_FALSE(is_graph_model("nowhere"));
}

TEST_F(GraphModelTest, ImagesAreAnsweredInTheirOrder) {
  const auto model = load(kImages / "model");
  EXPECT_EQ(model->info().task, ModelTask::kImageClassification);
  EXPECT_EQ(model->info().labels.size(), 5U);
  EXPECT_EQ(model->info().hash.size(), 64U);
  std::vector<TextInput> inputs;
  for (const char* name : {"rgb.png", "grey.png", "rgb.jpg", "rgb.png"})
    inputs.push_back(image(name));
  const auto together = ask(*model, inputs);
  ASSERT_TRUE(together.answers) << together.answers.error().message();
  ASSERT_EQ(together.answers->size(), 4U);
  EXPECT_EQ((*together.answers)[0].values, (*together.answers)[3].values);
  EXPECT_NE((*together.answers)[0].values, (*together.answers)[1].values);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto alone = ask(*model, {inputs[i]});
    ASSERT_TRUE(alone.answers);
    for (std::size_t k = 0; k < 5; ++k)
      EXPECT_NEAR((*alone.answers)[0].values[k], (*together.answers)[i].values[k], 1e-5F);
  }
  EXPECT_TRUE(model->healthy());
  EXPECT_EQ(model->statistics().success.count, 5U);
}

TEST_F(GraphModelTest, WhatIsNoImageFailsItsRequestAlone) {
  const auto model = load(kImages / "model");
  const auto refused = ask(*model, {image("rgb.png"), {.text = "no image"}});
  ASSERT_FALSE(refused.answers);
  EXPECT_EQ(refused.answers.error().code(), StatusCode::kInvalidInput);
  EXPECT_NE(refused.answers.error().message().find("[image 1]"), std::string::npos);
  EXPECT_FALSE(ask(*model, {}).answers);
  const auto embedding = ask(*model, {image("rgb.png")}, {.kind = AnswerKind::kEmbedding});
  EXPECT_EQ(embedding.answers.error().code(), StatusCode::kUnsupported);
  EXPECT_TRUE(ask(*model, {image("rgb.png")}).answers);
}

TEST_F(GraphModelTest, TensorsGoThroughTheGraphAsTheyAre) {
  const auto model = load(kImages / "model");
  for (const std::int64_t images : {1, 3}) {
    const auto outputs = ask_tensors(*model, grey(images));
    ASSERT_TRUE(outputs) << outputs.error().message();
    ASSERT_EQ(outputs->size(), 1U);
    EXPECT_EQ((*outputs)[0].shape, (std::vector<std::int64_t>{images, 5}));
  }
  TensorRequest wrong = grey(1);
  wrong.inputs[0].type = TensorType::kFloat64;
  EXPECT_FALSE(ask_tensors(*model, std::move(wrong)));
  EXPECT_TRUE(ask_tensors(*model, grey(1)));
}

TEST_F(GraphModelTest, DrainRefusesWhatComesLater) {
  const auto model = load(kImages / "model");
  model->drain(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  EXPECT_EQ(ask(*model, {image("rgb.png")}).answers.error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(ask_tensors(*model, grey(1)).error().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace martlet
