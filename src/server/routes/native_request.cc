#include "server/routes/native_request.h"

#include <boost/json/array.hpp>
#include <charconv>

#include "core/error.h"
#include "formats/json.h"
#include "server/http/router.h"
#include "server/routes/base64.h"
#include "server/routes/request_body.h"

namespace martlet {
namespace {

Status read_strings_of(
    const JsonReader& reader, std::string_view key, std::vector<std::string>& strings
) {
  const auto* value = reader.find(key);
  if (value == nullptr) return {};
  auto read = read_strings(*value, key);
  if (!read) return read.error();
  strings = *std::move(read);
  return {};
}

Status read_entity_options(JsonReader& reader, EntityOptions& options) {
  std::string word(to_string(options.aggregation));
  reader.get("aggregation", word);
  const auto aggregation = parse_aggregation(word);
  if (aggregation) {
    options.aggregation = *aggregation;
  } else {
    reader.reject("aggregation", in_quotes(word), "none, simple, first, average or max");
  }
  return read_strings_of(reader, "ignore_labels", options.ignore_labels);
}

Status read_candidates(JsonReader& reader, CandidateLabels& candidates) {
  reader.get("hypothesis_template", candidates.hypothesis_template);
  reader.get("multi_label", candidates.multi_label);
  return read_strings_of(reader, "candidate_labels", candidates.labels);
}

}  // namespace

Result<NativeRequest> parse_native_request(
    std::string_view body, std::chrono::steady_clock::time_point received
) {
  const auto value = parse_body(body);
  if (!value) return value.error();
  NativeRequest request;
  if (!value->is_object()) {
    auto inputs = read_text_items(*value, "inputs");
    if (!inputs) return inputs.error();
    request.inputs = *std::move(inputs);
    request.bare = true;
    return request;
  }
  const auto& object = value->get_object();
  JsonReader reader = body_reader(object);
  reader.get("model", request.model);
  reader.get("top_k", request.top_k, {.min = 0, .max = 1 << 20});
  reader.get("return_logits", request.return_logits);
  reader.get("stream", request.stream);
  reader.get("add_special_tokens", request.options.add_special_tokens);
  reader.get("dimensions", request.options.dimensions, {.min = 1, .max = 1 << 20});
  if (reader.find("normalize") != nullptr) {
    bool normalize = false;
    reader.get("normalize", normalize);
    request.options.normalize = normalize;
  }
  MARTLET_RETURN_IF_ERROR(read_entity_options(reader, request.options.entities));
  MARTLET_RETURN_IF_ERROR(read_candidates(reader, request.candidates));
  reader.require("inputs");
  MARTLET_RETURN_IF_ERROR(reader.status());
  MARTLET_RETURN_IF_ERROR(read_options(object, received, request.options));
  auto inputs = read_text_items(*reader.find("inputs"), "inputs");
  if (!inputs) return inputs.error();
  request.inputs = *std::move(inputs);
  return request;
}

Result<NativeRequest> parse_native_lines(std::string_view body) {
  NativeRequest request;
  request.stream = true;
  for (std::size_t number = 1; !body.empty(); ++number) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto value = parse_body(line);
    const std::string where = fmt::format("line {}", number);
    if (!value) {
      return error(StatusCode::kInvalidInput, where, "{}", value.error().message());
    }
    auto input = read_text_item(*value, where);
    if (!input) return input.error();
    request.inputs.push_back(*std::move(input));
  }
  return request;
}

Result<NativeRequest> parse_native_image(std::string_view body, std::string_view query) {
  NativeRequest request;
  request.image = true;
  request.model = query_parameter(query, "model");
  request.inputs.push_back({.text = std::string(body)});
  const std::string top_k = query_parameter(query, "top_k");
  if (top_k.empty()) return request;
  const char* end = top_k.data() + top_k.size();
  const auto [stop, failure] = std::from_chars(top_k.data(), end, request.top_k);
  if (failure == std::errc() && stop == end && request.top_k >= 0) return request;
  return error(
      StatusCode::kInvalidInput, "query", "top_k, got {}, expected 0 or more", in_quotes(top_k)
  );
}

Status prepare_images(const ModelInfo& info, NativeRequest& request) {
  const bool sees = info.task == ModelTask::kImageClassification;
  if (request.image && !sees) {
    return error(
        StatusCode::kUnsupported, "request", "the model {} is for {}, got an image",
        in_quotes(info.name), to_string(info.task)
    );
  }
  if (request.image || !sees) return {};
  for (TextInput& input : request.inputs) {
    auto file = decode_base64(input.text);
    if (!file || input.pair) {
      return error(
          StatusCode::kInvalidInput, "inputs", "got a text, expected a JPEG or PNG file in base64"
      );
    }
    input.text = *std::move(file);
  }
  return {};
}

}  // namespace martlet
