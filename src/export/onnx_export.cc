#include "export/onnx_export.h"

#include <array>
#include <boost/json.hpp>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/mapped_file.h"
#include "export/encoder_graph.h"
#include "formats/graph_file.h"
#include "formats/model_directory.h"
#include "formats/model_hash.h"
#include "formats/onnx/writer.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "export";
constexpr std::int32_t kOldestOpset = 17;  // the first one with LayerNormalization
constexpr std::int32_t kNewestOpset = 23;

Result<ExportPrecision> parse_precision(std::string_view name) {
  if (name == "fp32") return ExportPrecision::kFp32;
  if (name == "fp16") return ExportPrecision::kFp16;
  if (name == "int8") return ExportPrecision::kInt8;
  return error(
      StatusCode::kInvalidArgument, kWhere, "precision, got '{}', expected fp32, fp16 or int8", name
  );
}

Status check_opset(std::int32_t opset) {
  if (opset >= kOldestOpset && opset <= kNewestOpset) return {};
  return error(
      StatusCode::kInvalidArgument, kWhere, "opset, got {}, expected {} to {}", opset, kOldestOpset,
      kNewestOpset
  );
}

/// The IR version that came with an opset: older readers refuse newer ones.
std::int64_t ir_version(std::int32_t opset) {
  if (opset <= 18) return 8;
  if (opset <= 20) return 9;
  return opset <= 22 ? 10 : 11;
}

std::string_view pooling_word(OutputKind kind) {
  if (kind == OutputKind::kCls) return "cls";
  return kind == OutputKind::kMax ? "max" : "mean";
}

/// The text of DIRECTORY/NAME where there is one.
Status add_file(const std::filesystem::path& path, const char* key, onnx::Model& model) {
  const auto file = MappedFile::open(path);
  if (!file) return file.error().code() == StatusCode::kNotFound ? Status() : file.error();
  model.metadata.emplace_back(key, file->text());
  return {};
}

std::string json_array(const std::vector<std::string>& words) {
  return boost::json::serialize(boost::json::value_from(words));
}

/// The model's own name, without where it lies on this machine.
std::string source_name(const std::filesystem::path& directory) {
  std::error_code ignored;
  const std::filesystem::path whole = std::filesystem::canonical(directory, ignored);
  return whole.filename().string();
}

}  // namespace

Result<ExportedModel> make_onnx_model(
    const std::filesystem::path& directory, const OnnxExportOptions& options
) {
  const auto precision = parse_precision(options.precision);
  if (!precision) return precision.error();
  MARTLET_RETURN_IF_ERROR(check_opset(options.opset));
  const auto layout = load_model_directory(directory);
  if (!layout) return layout.error();
  auto tensors = read_encoder_tensors(layout->transformer, options.adapter);
  if (!tensors) return tensors.error();

  ExportedModel exported;
  exported.tensors = std::make_unique<EncoderTensors>(*std::move(tensors));
  EncoderGraphOptions graph_options{
      .fused = options.fused, .precision = *precision, .opset = options.opset
  };
  if (layout->is_sentence_transformers)
    graph_options.pooling = SentencePooling{layout->pooling, layout->normalize};
  BuiltGraph built = build_encoder_graph(*exported.tensors, graph_options);
  exported.storage = std::move(built.storage);
  onnx::Model& model = exported.model;
  model.graph = std::move(built.graph);
  model.ir_version = ir_version(options.opset);
  model.opsets = {{"", options.opset}};
  if (built.contrib) model.opsets.push_back({"com.microsoft", 1});
  model.producer = "martlet";
  model.producer_version = MARTLET_VERSION;
  return exported;
}

Status add_metadata(
    const std::filesystem::path& directory, const OnnxExportOptions& options, onnx::Model& model
) {
  const auto layout = load_model_directory(directory);
  if (!layout) return layout.error();
  auto& entries = model.metadata;
  entries.emplace_back(onnx_metadata::kSource, source_name(directory));
  const auto hash = model_hash(layout->transformer);
  if (!hash) return hash.error();
  entries.emplace_back(onnx_metadata::kSha256, *hash);
  entries.emplace_back(onnx_metadata::kPrecision, options.precision);
  entries.emplace_back(onnx_metadata::kMaxLength, std::to_string(layout->max_length));
  if (layout->is_sentence_transformers) {
    entries.emplace_back(onnx_metadata::kPooling, pooling_word(layout->pooling));
    entries.emplace_back(onnx_metadata::kNormalize, layout->normalize ? "true" : "false");
  } else {
    entries.emplace_back(onnx_metadata::kLabels, json_array(layout->config.labels));
  }
  MARTLET_RETURN_IF_ERROR(
      add_file(layout->transformer / "config.json", onnx_metadata::kConfig, model)
  );
  return add_file(layout->transformer / "tokenizer.json", onnx_metadata::kTokenizer, model);
}

Status export_onnx(
    const std::filesystem::path& directory, const std::filesystem::path& out,
    const OnnxExportOptions& options
) {
  auto exported = make_onnx_model(directory, options);
  if (!exported) return exported.error();
  MARTLET_RETURN_IF_ERROR(add_metadata(directory, options, exported->model));
  onnx::WriteOptions write_options;
  if (options.external_data) write_options.largest_model = 0;
  return onnx::write_model(exported->model, out, write_options);
}

}  // namespace martlet
