// A developer's tool: a model on a pipe, for tests and benchmarks written in Python.
//
// Reads one JSON request per line and answers each with one line. Batches of token ids run one
// after the other through the encoder alone:
//   {"batches": [[[101, 7592, 102], [101, 102]]], "output": "logits", "values": true}
//   {"ms": [0.71], "values": [[[2.2, -2.9], [0.1, 0.3]]]}
// Texts run through the classification pipeline:
//   {"texts": ["so good", "so bad"], "plan": "grouped", "batch_tokens": 2048, "batch_sequences": 0}
//   {"seconds": 0.002, "labels": [1, 0]}
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

auto load_pipeline(const std::string& model, const martlet::EncoderOptions& encoder) {
  martlet::TextClassificationOptions options;
  options.encoder = encoder;
  return martlet::TextClassificationPipeline::load(model, options);
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

json::object run_batches(martlet::Encoder& encoder, const json::object& request) {
  const bool wants_values = request.contains("values") && request.at("values").as_bool();
  const std::string_view kind = request.at("output").as_string();
  const martlet::RunOptions options{.output = kOutputs.at(kind)};
  std::vector<Batch> batches;
  std::ranges::transform(request.at("batches").as_array(), std::back_inserter(batches), batch_of);
  json::object answer{{"ms", json::array()}, {"values", json::array()}};
  martlet::EncoderOutput output;
  for (const Batch& batch : batches) {
    const auto begin = std::chrono::steady_clock::now();
    check(encoder.run({batch.ids, {}, batch.starts}, options, output));
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
    answer["ms"].as_array().emplace_back(time.count());
    if (wants_values) answer["values"].as_array().emplace_back(rows_of(output));
  }
  return answer;
}

martlet::BatchPlan plan_of(const json::object& request) {
  const auto order = martlet::parse_order(request.at("plan").as_string());
  check(order.status());
  return {
      .order = *order,
      .batch_tokens = request.at("batch_tokens").to_number<std::int32_t>(),
      .batch_sequences = request.at("batch_sequences").to_number<std::int32_t>(),
  };
}

json::object run_texts(
    const martlet::TextClassificationPipeline& pipeline, const json::object& request
) {
  std::vector<std::string_view> texts;
  for (const json::value& text : request.at("texts").as_array()) texts.push_back(text.as_string());
  const martlet::BatchPlan plan = plan_of(request);
  const auto begin = std::chrono::steady_clock::now();
  const auto results = pipeline.run(texts, plan);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  check(results.status());
  json::array labels;
  for (const martlet::Classification& result : *results)
    labels.emplace_back(
        std::ranges::find(pipeline.labels(), result.label) - pipeline.labels().begin()
    );
  return {{"seconds", time.count()}, {"labels", std::move(labels)}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs a model: JSON requests on stdin, answers on stdout");
  std::string model;
  martlet::EncoderOptions options;
  options.precision = "fp32";
  app.add_option("MODEL", model, "model directory")->required();
  app.add_option("--precision", options.precision, "as martlet run has it")->capture_default_str();
  app.add_option("--threads", options.threads, "threads; 0: as many as this process may use");
  CLI11_PARSE(app, argc, argv);

  std::unique_ptr<martlet::Encoder> encoder;
  std::optional<martlet::TextClassificationPipeline> pipeline;
  for (std::string line; std::getline(std::cin, line);) {
    const json::object request = json::parse(line).as_object();
    const bool texts = request.contains("texts");
    if (texts && !pipeline) pipeline = loaded(load_pipeline(model, options));
    if (!texts && !encoder) encoder = loaded(martlet::load_encoder(model, options));
    std::cout << (texts ? run_texts(*pipeline, request) : run_batches(*encoder, request))
              << std::endl;
  }
  return 0;
}
