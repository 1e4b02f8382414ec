// A developer's tool: a model on a pipe, for tests and benchmarks written in Python. It speaks the
// protocol of bench/PROTOCOL.md: one JSON request a line, one line for each answer.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "martlet/executor.h"
#include "martlet/martlet.h"

namespace {

namespace json = boost::json;
using martlet::OutputKind;

const std::map<std::string_view, OutputKind> kOutputs = {
    {"logits", OutputKind::kLogits}, {"tokens", OutputKind::kTokens},
    {"cls", OutputKind::kCls},       {"mean", OutputKind::kMean},
    {"max", OutputKind::kMax},       {"pooler", OutputKind::kPooler},
};

/// Ends the program with the message.
void check(const martlet::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "model_probe: %s\n", status.message().c_str());
  std::exit(1);
}

template <class T>
T loaded(martlet::Result<T> result) {
  check(result.status());
  return *std::move(result);
}

/// What the command line says.
struct ProbeOptions {
  std::string model;
  martlet::EncoderOptions encoder;
};

/// The model in each of the forms that requests ask for, loaded when the first one does.
class Model {
 public:
  explicit Model(ProbeOptions options) : options_(std::move(options)) {}

  martlet::Encoder& encoder() {
    if (!encoder_) encoder_ = loaded(martlet::load_encoder(options_.model, options_.encoder));
    return *encoder_;
  }

  const martlet::TextClassificationPipeline& pipeline() {
    if (!pipeline_) {
      martlet::TextClassificationOptions options;
      options.encoder = options_.encoder;
      pipeline_ = loaded(martlet::TextClassificationPipeline::load(options_.model, options));
    }
    return *pipeline_;
  }

  const martlet::Tokenizer& tokenizer() {
    if (!tokenizer_) tokenizer_ = loaded(martlet::Tokenizer::load(options_.model));
    return *tokenizer_;
  }

  martlet::Executor& executor() {
    if (!executor_) {
      executor_ = loaded(martlet::load_executor(
          options_.model, {.engine = options_.encoder.engine,
                           .threads = options_.encoder.threads,
                           .settings = options_.encoder.settings}
      ));
    }
    return *executor_;
  }

  [[nodiscard]] bool is_graph() const { return !std::filesystem::is_directory(options_.model); }

 private:
  ProbeOptions options_;
  std::unique_ptr<martlet::Encoder> encoder_;
  std::optional<martlet::TextClassificationPipeline> pipeline_;
  std::optional<martlet::Tokenizer> tokenizer_;
  std::unique_ptr<martlet::Executor> executor_;
};

double milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

json::object hello(Model& model) {
  const json::array answers =
      model.is_graph() ? json::array{"tensors"} : json::array{"batches", "texts", "tokenize"};
  return {{"protocol", 1}, {"version", "martlet " MARTLET_VERSION}, {"answers", answers}};
}

json::object load(Model& model) {
  const auto begin = std::chrono::steady_clock::now();
  if (model.is_graph()) {
    model.executor();
    return {{"load_ms", milliseconds_since(begin)}, {"precision", "fp32"}};
  }
  const martlet::EncoderInfo& info = model.encoder().info();
  return {
      {"load_ms", milliseconds_since(begin)},
      {"engine", info.engine},
      {"precision", info.precision},
      {"isa", info.isa}
  };
}

struct Batch {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> starts{0};
};

Batch batch_of(const json::value& sequences) {
  Batch batch;
  for (const json::value& sequence : sequences.as_array()) {
    for (const json::value& id : sequence.as_array())
      batch.ids.push_back(id.to_number<std::int32_t>());
    batch.starts.push_back(static_cast<std::int32_t>(batch.ids.size()));
  }
  return batch;
}

json::array rows_of(const martlet::EncoderOutput& output) {
  json::array rows;
  for (std::size_t row = 0; row < output.rows; ++row)
    rows.emplace_back(json::array(output.row(row).begin(), output.row(row).end()));
  return rows;
}

bool wants_values(const json::object& request) {
  return request.contains("values") && request.at("values").as_bool();
}

json::object run_batches(Model& model, const json::object& request) {
  const json::value* kind = request.if_contains("output");
  const martlet::RunOptions options{
      .output = kOutputs.at(kind == nullptr ? "logits" : std::string_view(kind->as_string()))
  };
  martlet::Encoder& encoder = model.encoder();
  std::vector<Batch> batches;
  std::ranges::transform(request.at("batches").as_array(), std::back_inserter(batches), batch_of);
  json::object answer{{"ms", json::array()}, {"values", json::array()}};
  martlet::EncoderOutput output;
  for (const Batch& batch : batches) {
    const auto begin = std::chrono::steady_clock::now();
    check(encoder.run({batch.ids, {}, batch.starts}, options, output));
    answer["ms"].as_array().emplace_back(milliseconds_since(begin));
    if (wants_values(request)) answer["values"].as_array().emplace_back(rows_of(output));
  }
  return answer;
}

martlet::BatchPlan plan_of(const json::object& request) {
  const auto order = martlet::parse_order(request.at("plan").as_string());
  check(order.status());
  martlet::BatchPlan plan{.order = *order};
  plan.batch_sequences = request.at("batch_sequences").to_number<std::int32_t>();
  const auto tokens = request.at("batch_tokens").to_number<std::int32_t>();
  if (tokens > 0) plan.batch_tokens = tokens;
  return plan;
}

std::vector<std::string_view> strings_of(const json::value& array) {
  std::vector<std::string_view> strings;
  for (const json::value& string : array.as_array()) strings.push_back(string.as_string());
  return strings;
}

json::object run_texts(Model& model, const json::object& request) {
  const martlet::TextClassificationPipeline& pipeline = model.pipeline();
  const std::vector<std::string_view> texts = strings_of(request.at("texts"));
  const martlet::BatchPlan plan = plan_of(request);
  const auto begin = std::chrono::steady_clock::now();
  const auto results = pipeline.run(texts, plan);
  const double seconds = milliseconds_since(begin) / 1000;
  check(results.status());
  json::array labels;
  for (const martlet::Classification& result : *results)
    labels.emplace_back(
        std::ranges::find(pipeline.labels(), result.label) - pipeline.labels().begin()
    );
  return {{"seconds", seconds}, {"labels", std::move(labels)}};
}

json::object run_tokenizer(Model& model, const json::object& request) {
  const martlet::Tokenizer& tokenizer = model.tokenizer();
  const std::vector<std::string_view> texts = strings_of(request.at("tokenize"));
  martlet::Encodings encodings;
  const auto begin = std::chrono::steady_clock::now();
  check(tokenizer.encode(texts, {.max_length = 512}, encodings));
  json::object answer{{"seconds", milliseconds_since(begin) / 1000}, {"values", json::array()}};
  for (std::size_t i = 0; wants_values(request) && i < encodings.sequences(); ++i) {
    const auto ids = std::span(encodings.ids)
                         .subspan(
                             static_cast<std::size_t>(encodings.starts[i]),
                             static_cast<std::size_t>(encodings.starts[i + 1] - encodings.starts[i])
                         );
    answer["values"].as_array().emplace_back(json::array(ids.begin(), ids.end()));
  }
  return answer;
}

/// Row `row` of a file of fp32 tensors of one shape, one after the other.
std::vector<float> read_row(std::ifstream& file, std::int64_t row, std::size_t size) {
  std::vector<float> values(size);
  const auto bytes = static_cast<std::streamsize>(size * sizeof(float));
  file.seekg(row * bytes);
  file.read(reinterpret_cast<char*>(values.data()), bytes);
  if (!file) check({martlet::StatusCode::kIo, "[tensors] cannot read the row"});
  return values;
}

/// Rows of the last dimension.
json::array rows_of(const martlet::NamedTensor& tensor) {
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(float));
  const auto columns = std::max<std::int64_t>(1, tensor.shape.empty() ? 1 : tensor.shape.back());
  json::array rows;
  for (auto row = values.begin(); row < values.end(); row += columns)
    rows.emplace_back(json::array(row, row + columns));
  return rows;
}

json::object run_tensors(Model& model, const json::object& request) {
  martlet::Executor& executor = model.executor();
  std::ifstream file(json::value_to<std::string>(request.at("tensors")), std::ios::binary);
  const auto shape = json::value_to<std::vector<std::int64_t>>(request.at("shape"));
  std::size_t size = 1;
  for (const std::int64_t side : shape) size *= static_cast<std::size_t>(side);
  const auto rows = json::value_to<std::vector<std::int64_t>>(request.at("rows"));
  // All before the first run: what a run finds in caches, and threads that still spin for the next
  // one, are then as in a program that has its inputs.
  std::map<std::int64_t, std::vector<float>> inputs;
  for (const std::int64_t row : rows) {
    if (!inputs.contains(row)) inputs[row] = read_row(file, row, size);
  }
  json::object answer{{"ms", json::array()}, {"values", json::array()}};
  std::vector<martlet::NamedTensor> outputs;
  for (const std::int64_t row : rows) {
    const std::vector<float>& values = inputs.at(row);
    const martlet::TensorView input{
        .name = executor.signature().inputs.at(0).name,
        .shape = shape,
        .data = std::as_bytes(std::span(values))
    };
    const auto begin = std::chrono::steady_clock::now();
    check(executor.run({&input, 1}, outputs));
    answer["ms"].as_array().emplace_back(milliseconds_since(begin));
    if (wants_values(request)) answer["values"].as_array().emplace_back(rows_of(outputs.at(0)));
  }
  return answer;
}

using Handler = std::function<json::object(Model&, const json::object&)>;

/// By the word that a request of this kind has.
const std::map<std::string_view, Handler> kHandlers = {
    {"hello", [](Model& model, const json::object&) { return hello(model); }},
    {"load", [](Model& model, const json::object&) { return load(model); }},
    {"batches", &run_batches},
    {"texts", &run_texts},
    {"tokenize", &run_tokenizer},
    {"tensors", &run_tensors},
};

json::object answer(Model& model, const json::object& request) {
  for (const auto& [word, handler] : kHandlers)
    if (request.contains(word)) return handler(model, request);
  check({martlet::StatusCode::kInvalidArgument, "[request] no word of bench/PROTOCOL.md"});
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs a model: JSON requests on stdin, answers on stdout");
  ProbeOptions options;
  options.encoder.precision = "fp32";
  app.add_option("MODEL", options.model, "model directory or graph file")->required();
  app.add_option("--engine", options.encoder.engine, "as martlet run has it")
      ->capture_default_str();
  app.add_option("--precision", options.encoder.precision, "as martlet run has it")
      ->capture_default_str();
  app.add_option(
      "--threads", options.encoder.threads, "threads; 0: as many as this process may use"
  );
  CLI11_PARSE(app, argc, argv);

  Model model(std::move(options));
  for (std::string line; std::getline(std::cin, line);) {
    const json::object request = json::parse(line).as_object();
    if (request.contains("stop")) break;
    std::cout << answer(model, request) << std::endl;
  }
  return 0;
}
