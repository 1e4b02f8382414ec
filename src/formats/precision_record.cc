#include "formats/precision_record.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "core/error.h"
#include "formats/json.h"
#include "formats/model_hash.h"
#include "formats/user_cache.h"

namespace martlet {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> kPrecisions{"fp32", "bf16", "int8"};
constexpr std::size_t kMostEntries = 1024;  // of any list

bool is_precision(std::string_view word) { return std::ranges::count(kPrecisions, word) > 0; }

json::value number_or_null(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value();
}

void get(JsonReader& reader, std::string_view key, std::optional<double>& out) {
  if (reader.find(key) == nullptr) return;
  reader.get(key, out.emplace());
}

/// The array of `key`, which must be there and short enough; null after a failure.
const json::array* list(JsonReader& reader, std::string_view key) {
  reader.require(key);
  const json::array* values = reader.array(key);
  if (values == nullptr || values->size() <= kMostEntries) return values;
  reader.reject(key, fmt::format("{} entries", values->size()), "at most 1024");
  return nullptr;
}

class Parser {
 public:
  explicit Parser(std::string_view where) : where_(where) {}

  Result<PrecisionRecord> record(const json::object& object) {
    PrecisionRecord record;
    JsonReader reader(object, where_);
    for (const std::string_view key : {"version", "model_sha256", "data", "texts"})
      reader.require(key);
    reader.get("version", record.version);
    reader.get("model_sha256", record.model_sha256);
    reader.get("model_stamp", record.model_stamp);
    reader.get("data", record.data);
    reader.get("texts", record.texts, {.min = 0});
    if (const json::array* levels = list(reader, "levels")) {
      for (const json::value& value : *levels) {
        auto level = parse_level(value);
        if (!level) return level.error();
        record.levels.push_back(std::move(*level));
      }
    }
    MARTLET_RETURN_IF_ERROR(reader.status());
    return record;
  }

 private:
  [[nodiscard]] Status wrong(std::string_view what, std::string_view got, std::string_view wanted)
      const {
    return error(StatusCode::kInvalidModel, where_, "{}, got {}, expected {}", what, got, wanted);
  }

  Result<PrecisionLevel> parse_level(const json::value& value) {
    if (!value.is_object()) return wrong("levels", describe(value), "objects");
    PrecisionLevel level;
    JsonReader reader(value.get_object(), where_, "levels");
    for (const std::string_view key : {"isa", "cpu", "choice"}) reader.require(key);
    reader.get("isa", level.isa);
    reader.get("cpu", level.cpu);
    reader.get("choice", level.choice);
    if (const json::array* errors = list(reader, "layer_errors")) {
      for (const json::value& entry : *errors) {
        if (!entry.is_number()) return wrong("layer_errors", describe(entry), "numbers");
        level.layer_errors.push_back(entry.to_number<double>());
      }
    }
    if (const json::array* checks = list(reader, "checks")) {
      for (const json::value& entry : *checks) {
        auto check = parse_check(entry);
        if (!check) return check.error();
        level.checks.push_back(std::move(*check));
      }
    }
    MARTLET_RETURN_IF_ERROR(reader.status());
    const bool sound = std::ranges::any_of(level.checks, [&](const PrecisionCheck& check) {
      return check.precision == level.choice && check.passed;
    });
    if (!sound) return wrong("choice", in_quotes(level.choice), "a precision that passed");
    return level;
  }

  Result<PrecisionCheck> parse_check(const json::value& value) {
    if (!value.is_object()) return wrong("checks", describe(value), "objects");
    PrecisionCheck check;
    JsonReader reader(value.get_object(), where_, "checks");
    for (const std::string_view key : {"precision", "passed"}) reader.require(key);
    reader.get("precision", check.precision);
    reader.get("passed", check.passed);
    get(reader, "label_agreement", check.label_agreement);
    get(reader, "accuracy", check.accuracy);
    get(reader, "max_logit_error", check.max_logit_error);
    get(reader, "mean_logit_error", check.mean_logit_error);
    reader.get("mean_cosine", check.mean_cosine);
    reader.get("min_cosine", check.min_cosine);
    reader.get("ms", check.ms, {.min = 0});
    if (const json::array* layers = list(reader, "layers")) {
      for (const json::value& layer : *layers) {
        if (!layer.is_string() || !is_precision(layer.get_string()))
          return wrong("layers", describe(layer), "fp32, bf16 or int8");
        check.layers.emplace_back(layer.get_string());
      }
    }
    MARTLET_RETURN_IF_ERROR(reader.status());
    if (!is_precision(check.precision))
      return wrong("precision", in_quotes(check.precision), "fp32, bf16 or int8");
    return check;
  }

  std::string_view where_;
};

json::object to_value(const PrecisionCheck& check) {
  return {
      {"precision", check.precision},
      {"passed", check.passed},
      {"ms", check.ms},
      {"label_agreement", number_or_null(check.label_agreement)},
      {"accuracy", number_or_null(check.accuracy)},
      {"max_logit_error", number_or_null(check.max_logit_error)},
      {"mean_logit_error", number_or_null(check.mean_logit_error)},
      {"mean_cosine", check.mean_cosine},
      {"min_cosine", check.min_cosine},
      {"layers", json::array(check.layers.begin(), check.layers.end())},
  };
}

json::object to_value(const PrecisionLevel& level) {
  json::array checks;
  for (const PrecisionCheck& check : level.checks) checks.push_back(to_value(check));
  return {
      {"isa", level.isa},
      {"cpu", level.cpu},
      {"choice", level.choice},
      {"layer_errors", json::array(level.layer_errors.begin(), level.layer_errors.end())},
      {"checks", std::move(checks)},
  };
}

}  // namespace

const PrecisionCheck& PrecisionLevel::chosen() const {
  return *std::ranges::find(checks, choice, &PrecisionCheck::precision);
}

const PrecisionLevel* PrecisionRecord::find(std::string_view isa, std::string_view cpu) const {
  const PrecisionLevel* found = nullptr;
  for (const PrecisionLevel& level : levels) {
    if (level.isa != isa) continue;
    if (level.cpu == cpu) return &level;
    if (found == nullptr) found = &level;
  }
  return found;
}

Result<PrecisionRecord> parse_precision_record(std::string_view json, std::string_view where) {
  const auto object = parse_json_object(json, where);
  if (!object) return object.error();
  return Parser(where).record(*object);
}

std::string to_json(const PrecisionRecord& record) {
  json::array levels;
  for (const PrecisionLevel& level : record.levels) levels.push_back(to_value(level));
  return json::serialize(json::object{
             {"version", record.version},
             {"model_sha256", record.model_sha256},
             {"model_stamp", record.model_stamp},
             {"data", record.data},
             {"texts", record.texts},
             {"levels", std::move(levels)},
         }) +
         "\n";
}

Result<PrecisionRecord> read_precision_record(const std::filesystem::path& path) {
  const auto object = load_json_object(path);
  if (!object) return object.error();
  return Parser(path.native()).record(*object);
}

std::filesystem::path record_path(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  return (adapter.empty() ? directory : adapter) / kPrecisionRecordName;
}

std::filesystem::path cached_record_path(const std::string& model_stamp) {
  const std::filesystem::path cache = user_cache_directory();
  return cache.empty() ? cache : cache / "precision" / (model_stamp + ".json");
}

Result<PrecisionRecord> load_precision_record(
    const std::filesystem::path& directory, const std::filesystem::path& adapter
) {
  std::filesystem::path path = record_path(directory, adapter);
  auto record = read_precision_record(path);
  if (!record && record.error().code() != StatusCode::kNotFound) return record;
  const auto stamp = model_stamp(directory, adapter);
  if (!stamp) return stamp.error();
  if (!record) {
    if (const auto cached = cached_record_path(*stamp); !cached.empty()) {
      path = cached;
      record = read_precision_record(path);
    }
    if (!record) return record;
  }
  if (*stamp == record->model_stamp) return record;
  const auto hash = model_hash(directory, adapter);
  if (!hash) return hash.error();
  if (*hash == record->model_sha256) return record;
  return error(
      StatusCode::kInvalidModel, path.native(),
      "model_sha256, got that of another model, expected {}; martlet calibrate measures this one",
      hash->substr(0, 12)
  );
}

}  // namespace martlet
