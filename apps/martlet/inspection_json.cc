// `martlet inspect --json`.
#include <boost/json.hpp>

#include "inspection.h"

namespace martlet::cli {
namespace {

namespace json = boost::json;

void add_model(const ModelDirectory& directory, json::object& object) {
  const HfConfig& config = directory.config;
  object["model_type"] = config.model_type;
  object["architectures"] = json::value_from(config.architectures);
  object["labels"] = json::value_from(config.labels);
  object["layers"] = config.layers;
  object["hidden_size"] = config.hidden_size;
  object["heads"] = config.heads;
  object["intermediate_size"] = config.intermediate_size;
  object["vocab_size"] = config.vocab_size;
  object["type_vocab_size"] = config.type_vocab_size;
  object["max_positions"] = config.max_positions;
  object["max_length"] = directory.max_length;
  const std::string_view pooling = pooling_name(directory.pooling);
  object["pooling"] = json::string_view(pooling.data(), pooling.size());
  object["normalize"] = directory.normalize;
}

json::object to_json(const Result<TokenizerFacts>& tokenizer) {
  if (!tokenizer) return {{"supported", false}, {"reason", tokenizer.error().message()}};
  return {
      {"supported", true},
      {"vocab_size", tokenizer->vocab_size},
      {"around_text", tokenizer->around_text}
  };
}

json::object to_json(const WeightFacts& weights, bool with_tensors) {
  json::object object{
      {"tensors", weights.tensors.size()},
      {"parameters", weights.parameters},
      {"bytes", weights.bytes},
      {"dtypes", json::value_from(weights.dtypes)},
  };
  if (!with_tensors) return object;
  json::array& list = (object["list"] = json::array()).get_array();
  for (const TensorFacts& tensor : weights.tensors) {
    list.push_back(
        {{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", json::value_from(tensor.shape)}}
    );
  }
  return object;
}

json::array to_json(const std::vector<EngineFacts>& engines) {
  json::array array;
  for (const EngineFacts& engine : engines) {
    json::object object{{"name", engine.name}, {"can_run", engine.info.has_value()}};
    if (engine.info) {
      object["isa"] = engine.info->isa;
      object["precision"] = engine.info->precision;
    } else {
      object["reason"] = engine.info.error().message();
    }
    array.push_back(std::move(object));
  }
  return array;
}

json::array to_json(const std::vector<FileFacts>& files) {
  json::array array;
  for (const FileFacts& file : files) {
    json::object object{{"name", file.name}, {"bytes", file.bytes}};
    if (!file.sha256.empty()) object["sha256"] = file.sha256;
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace

std::string as_json(const Inspection& inspection, bool with_tensors) {
  json::object object{{"model", inspection.model}, {"task", inspection.task}};
  if (inspection.directory) {
    add_model(*inspection.directory, object);
  } else {
    object["unsupported"] = inspection.directory.error().message();
  }
  object["tokenizer"] = to_json(inspection.tokenizer);
  object["weights"] = to_json(inspection.weights, with_tensors);
  object["engines"] = to_json(inspection.engines);
  object["files"] = to_json(inspection.files);
  return json::serialize(object) + "\n";
}

}  // namespace martlet::cli
