// The engines that run graphs, as executors and as encoders, on the golden models.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <latch>

#include "engines/registry.h"
#include "formats/onnx/reader.h"
#include "formats/onnx/writer.h"
#include "formats/test_files.h"
#include "martlet/executor_pool.h"
#include "martlet/onnx_export.h"

namespace martlet {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(MARTLET_SOURCE_DIR) / "tests" / "golden" / "models";

class GraphEnginesTest : public DirectoryTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    for (const EngineStatus& engine : engine_statuses()) {
      if (engine.name == GetParam() && !engine.status.ok()) GTEST_SKIP() << engine.status.message();
    }
  }
  [[nodiscard]] Result<std::unique_ptr<Executor>> executor(ExecutorOptions options = {}) const {
    options.engine = GetParam();
    return load_executor(path("m.onnx"), options);
  }
  /// The golden model `name` as m.onnx.
  void export_model(const std::string& name, const OnnxExportOptions& options = {}) {
    const Status status = export_onnx(kGolden / name, path("m.onnx"), options);
    ASSERT_TRUE(status.ok()) << status.message();
  }
};

NamedTensor int64_tensor(std::string name, const std::vector<std::int64_t>& values) {
  NamedTensor tensor{std::move(name), TensorType::kInt64, {1, std::ssize(values)}};
  tensor.data.resize(values.size() * sizeof(std::int64_t));
  std::memcpy(tensor.data.data(), values.data(), tensor.data.size());
  return tensor;
}

std::vector<NamedTensor> some_inputs() {
  return {
      int64_tensor("token_type_ids", {0, 0, 1}),  // any order will do
      int64_tensor("attention_mask", {1, 1, 1}),
      int64_tensor("input_ids", {5, 6, 7}),
  };
}

Status run(
    Executor& executor, const std::vector<NamedTensor>& inputs, std::vector<NamedTensor>& out
) {
  std::vector<TensorView> views;
  for (const NamedTensor& input : inputs) views.push_back(input.view());
  return executor.run(views, out);
}

TEST_P(GraphEnginesTest, SignatureAndRun) {
  export_model("bert-odd");
  const auto model = executor();
  ASSERT_TRUE(model) << model.error().message();
  const ModelSignature& signature = (*model)->signature();
  ASSERT_EQ(signature.inputs.size(), 3U);
  EXPECT_EQ(signature.inputs[0].name, "input_ids");
  EXPECT_EQ(signature.inputs[0].type, TensorType::kInt64);
  EXPECT_EQ(signature.inputs[0].shape, (std::vector<std::int64_t>{-1, -1}));
  EXPECT_EQ(signature.outputs[0].shape, (std::vector<std::int64_t>{-1, 5}));
  std::vector<NamedTensor> outputs;
  const Status status = run(**model, some_inputs(), outputs);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].name, "logits");
  EXPECT_EQ(outputs[0].shape, (std::vector<std::int64_t>{1, 5}));
  EXPECT_EQ(outputs[0].data.size(), 20U);
}

TEST_P(GraphEnginesTest, WrongInputsAreOneLine) {
  export_model("bert-odd");
  const auto model = executor();
  ASSERT_TRUE(model);
  std::vector<NamedTensor> outputs;
  auto missing = some_inputs();
  missing.pop_back();
  auto unknown = some_inputs();
  unknown[0].name = "pixel_values";
  auto other_type = some_inputs();
  other_type[0].type = TensorType::kFloat64;
  for (const auto& inputs : {missing, unknown, other_type}) {
    const Status status = run(**model, inputs, outputs);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(status.message().find('\n'), std::string::npos);
  }
  outputs = {{.name = "no such output"}};
  EXPECT_FALSE(run(**model, some_inputs(), outputs).ok());
}

TEST_P(GraphEnginesTest, PooledRunsAreThoseOfTheExecutor) {
  export_model("bert-odd");
  auto model = executor({.threads = 1});
  ASSERT_TRUE(model);
  std::vector<NamedTensor> expected;
  ASSERT_TRUE(run(**model, some_inputs(), expected).ok());
  ExecutorPool pool(*std::move(model), 2);
  std::vector<std::future<ExecutorPool::Outputs>> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(pool.submit(some_inputs()));
  for (auto& answer : answers) {
    const auto outputs = answer.get();
    ASSERT_TRUE(outputs);
    EXPECT_EQ(outputs->front().data, expected.front().data);
  }
  std::latch done(1);
  pool.submit({}, [&](const ExecutorPool::Outputs& outputs) {
    EXPECT_FALSE(outputs);
    done.count_down();
  });
  done.wait();
}

TEST_P(GraphEnginesTest, SettingsAreUnderstoodOrRefused) {
  export_model("bert-gelu-new");
  const auto code = [&](const char* name, const char* value) {
    return executor({.settings = {{name, value}}}).status().code();
  };
  EXPECT_NE(code("no such", "thing"), StatusCode::kOk);
  if (std::string_view(GetParam()) == "openvino") {
    EXPECT_EQ(code("device", "CPU"), StatusCode::kOk);
    EXPECT_EQ(code("PERFORMANCE_HINT", "THROUGHPUT"), StatusCode::kOk);
    EXPECT_EQ(code("NUM_STREAMS", "2"), StatusCode::kOk);
    EXPECT_EQ(code("precision", "bf16"), StatusCode::kOk);
    EXPECT_EQ(code("precision", "fp8"), StatusCode::kInvalidArgument);
    EXPECT_NE(code("device", "ABACUS"), StatusCode::kOk);
    return;
  }
  EXPECT_EQ(code("provider", "cpu"), StatusCode::kOk);
  EXPECT_EQ(code("arena", "on"), StatusCode::kOk);
  EXPECT_EQ(code("optimization", "basic"), StatusCode::kOk);
  EXPECT_EQ(code("session.intra_op.allow_spinning", "0"), StatusCode::kOk);
  EXPECT_EQ(code("provider", "abacus"), StatusCode::kInvalidArgument);
  EXPECT_EQ(code("optimization", "most"), StatusCode::kInvalidArgument);
}

/// Random-looking sequences of several lengths.
struct Batch {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> starts{0};

  explicit Batch(const std::vector<int>& lengths) {
    for (const int length : lengths) {
      for (int i = 0; i < length; ++i)
        ids.push_back(static_cast<std::int32_t>((ids.size() * 37 + 11) % 171));
      starts.push_back(static_cast<std::int32_t>(ids.size()));
    }
  }
  [[nodiscard]] TokenBatch view() const { return {ids, {}, starts}; }
};

void expect_same(Encoder& encoder, Encoder& native, OutputKind kind, const Batch& batch) {
  EncoderOutput got;
  EncoderOutput expected;
  ASSERT_TRUE(native.run(batch.view(), {.output = kind}, expected).ok());
  const Status status = encoder.run(batch.view(), {.output = kind}, got);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_EQ(got.rows, expected.rows);
  ASSERT_EQ(got.columns, expected.columns);
  for (std::size_t i = 0; i < got.values.size(); ++i)
    ASSERT_NEAR(got.values[i], expected.values[i], 1e-4) << i;
}

TEST_P(GraphEnginesTest, AsAnEncoderItAnswersAsNativeDoes) {
  const Batch batch({3, 16, 1, 16, 9, 2, 16});
  const std::pair<const char*, std::vector<OutputKind>> models[] = {
      {"bert-odd", {OutputKind::kLogits}},
      {"bert-tokens", {OutputKind::kLogits}},
      {"distilbert-odd-f16", {OutputKind::kLogits}},
      {"bert-pooler-sharded",
       {OutputKind::kTokens, OutputKind::kCls, OutputKind::kMean, OutputKind::kMax,
        OutputKind::kPooler}},
  };
  for (const auto& [name, kinds] : models) {
    SCOPED_TRACE(name);
    const auto native = load_encoder(kGolden / name, {});
    ASSERT_TRUE(native);
    const auto exported = load_encoder(kGolden / name, {.engine = GetParam()});
    ASSERT_TRUE(exported) << exported.error().message();
    export_model(name);
    const auto file = load_encoder(path("m.onnx"), {.engine = GetParam(), .threads = 2});
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ((*file)->info().labels, (*native)->info().labels);
    EXPECT_EQ((*file)->info().token_logits, (*native)->info().token_logits);
    for (const OutputKind kind : kinds) {
      expect_same(**exported, **native, kind, batch);
      expect_same(**file, **native, kind, batch);
    }
  }
}

/// What others export: inputs of int32, no mask, fixed sizes.
TEST_P(GraphEnginesTest, OtherInputsWillDo) {
  export_model("bert-odd");
  auto file = onnx::open_model(path("m.onnx"));
  ASSERT_TRUE(file);
  onnx::Graph& graph = file->model.graph;
  for (onnx::Value& input : graph.inputs) {
    input.type = onnx::DataType::kInt32;
    input.shape = {{.value = 4}, {.value = 20}};
  }
  graph.outputs[0].shape[0] = {.value = 4};
  for (const char* name : {"input_ids", "attention_mask", "token_type_ids"}) {
    for (onnx::Node& node : graph.nodes)
      std::ranges::replace(node.inputs, name, std::string(name) + "64");
    onnx::Node cast{
        .op = "Cast",
        .name = std::string(name) + "_cast",
        .inputs = {name},
        .outputs = {std::string(name) + "64"}
    };
    cast.attributes = {onnx::Attribute::of("to", std::int64_t{7})};
    graph.nodes.insert(graph.nodes.begin(), cast);
  }
  std::swap(graph.inputs[0], graph.inputs[2]);
  ASSERT_TRUE(onnx::write_model(file->model, path("fixed.onnx")).ok());
  const auto fixed = load_encoder(path("fixed.onnx"), {.engine = GetParam()});
  ASSERT_TRUE(fixed) << fixed.error().message();
  EXPECT_EQ((*fixed)->info().max_length, 20);
  const auto native = load_encoder(kGolden / "bert-odd", {});
  expect_same(**fixed, **native, OutputKind::kLogits, Batch({3, 16, 1, 16, 9, 20}));
}

TEST_P(GraphEnginesTest, WhatAModelDoesNotHaveIsSaid) {
  export_model("bert-odd");
  const auto encoder = load_encoder(path("m.onnx"), {.engine = GetParam()});
  ASSERT_TRUE(encoder);
  EncoderOutput output;
  const Batch batch({3});
  EXPECT_EQ(
      (*encoder)->run(batch.view(), {.output = OutputKind::kMean}, output).code(),
      StatusCode::kInvalidModel
  );
  const Batch too_long({131});
  EXPECT_EQ((*encoder)->run(too_long.view(), {}, output).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(
      load_encoder(path("m.onnx"), {.engine = GetParam(), .precision = "int8"}).status().code(),
      StatusCode::kUnsupported
  );
  EXPECT_EQ(load_encoder(path("m.onnx"), {}).status().code(), StatusCode::kUnsupported);
}

INSTANTIATE_TEST_SUITE_P(
    Engines, GraphEnginesTest, ::testing::Values("onnxruntime", "openvino"),
    [](const auto& info) { return std::string(info.param); }
);

}  // namespace
}  // namespace martlet
