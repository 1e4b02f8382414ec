// A developer's tool: an encoder on a pipe, for tests and benchmarks written in Python.
//
// Reads one JSON request per line and answers each with one line:
//   {"batches": [[[101, 7592, 102], [101, 102]]], "output": "logits", "values": true}
//   {"ms": [0.71], "values": [[[2.2, -2.9], [0.1, 0.3]]]}
// Batches run one after the other; a time is that of Encoder::run alone.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "martlet/encoder.h"

namespace {

namespace json = boost::json;
using martlet::OutputKind;

const std::map<std::string_view, OutputKind> kOutputs = {
    {"logits", OutputKind::kLogits}, {"tokens", OutputKind::kTokens},
    {"cls", OutputKind::kCls},       {"mean", OutputKind::kMean},
    {"max", OutputKind::kMax},       {"pooler", OutputKind::kPooler},
};

/// Ends the program: 4 when the engine cannot run here, 3 for any other failure.
void check(const martlet::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "encoder_probe: %s\n", status.message().c_str());
  std::exit(status.code() == martlet::StatusCode::kUnavailable ? 4 : 3);
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

json::object answer(martlet::Encoder& encoder, const json::object& request) {
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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs an encoder on token ids: JSON requests on stdin, answers on stdout");
  std::string model;
  martlet::EncoderOptions options;
  app.add_option("MODEL", model, "model directory")->required();
  app.add_option("--threads", options.threads, "threads; 0: as many as this process may use");
  CLI11_PARSE(app, argc, argv);

  auto encoder = martlet::load_encoder(model, options);
  check(encoder.status());
  for (std::string line; std::getline(std::cin, line);)
    std::cout << answer(**encoder, json::parse(line).as_object()) << std::endl;
  return 0;
}
