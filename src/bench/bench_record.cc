#include "bench/bench_record.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <set>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

namespace json = boost::json;

constexpr auto kCode = StatusCode::kInvalidInput;

void get(JsonReader& reader, std::string_view key, std::optional<double>& out) {
  if (reader.find(key) != nullptr) reader.get(key, out.emplace(), {.min = 0});
}

/// The objects of the array `key`, which must be there.
Result<std::vector<const json::object*>> objects(JsonReader& reader, std::string_view key) {
  reader.require(key);
  std::vector<const json::object*> found;
  const json::array* values = reader.array(key);
  for (std::size_t i = 0; values != nullptr && i < values->size(); ++i) {
    found.push_back((*values)[i].if_object());
    if (found.back() == nullptr) reader.reject(key, describe((*values)[i]), "objects");
  }
  if (!reader.status().ok()) return reader.status();
  return found;
}

Result<std::set<std::string>> our_systems(JsonReader& record, std::string_view where) {
  const auto systems = objects(record, "systems");
  if (!systems) return systems.error();
  std::set<std::string> ours;
  for (const json::object* system : *systems) {
    JsonReader reader(*system, where, "systems", kCode);
    std::string name;
    bool is_ours = false;
    reader.require("name");
    reader.get("name", name);
    reader.get("ours", is_ours);
    MARTLET_RETURN_IF_ERROR(reader.status());
    if (is_ours) ours.insert(name);
  }
  return ours;
}

Result<RatioInterval> parse_ratio(const json::object& object, std::string_view where) {
  JsonReader reader(object, where, "rows.ratio", kCode);
  RatioInterval ratio;
  for (const std::string_view key : {"middle", "low", "high"}) reader.require(key);
  reader.get("middle", ratio.middle, {.min = 1e-9});
  reader.get("low", ratio.low, {.min = 0});
  reader.get("high", ratio.high, {.min = 0});
  if (reader.status().ok() && !ratio.holds(ratio.middle)) {
    const std::string interval = fmt::format("{} to {}", ratio.low, ratio.high);
    reader.reject("low", interval, "an interval around the middle");
  }
  MARTLET_RETURN_IF_ERROR(reader.status());
  return ratio;
}

Result<BenchRow> parse_row(const json::object& object, std::string_view where) {
  JsonReader reader(object, where, "rows", kCode);
  BenchRow row;
  reader.require("case");
  reader.require("system");
  reader.get("case", row.case_name);
  reader.get("system", row.system);
  get(reader, "accuracy", row.accuracy);
  get(reader, "labelled_texts", row.labelled);
  get(reader, "logit_max_abs", row.logit_error);
  const json::object* ratio = reader.object("ratio");
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (ratio == nullptr) return row;
  const auto interval = parse_ratio(*ratio, where);
  if (!interval) return interval.error();
  row.ratio = *interval;
  return row;
}

Result<BenchRecord> parse_object(const json::object& object, std::string_view where) {
  JsonReader reader(object, where, "", kCode);
  BenchRecord record;
  std::string schema;
  for (const std::string_view key : {"schema", "suite", "baseline"}) reader.require(key);
  reader.get("schema", schema);
  reader.get("suite", record.suite);
  reader.get("baseline", record.baseline);
  if (reader.status().ok() && schema != kBenchSchema)
    reader.reject("schema", in_quotes(schema), kBenchSchema);
  MARTLET_RETURN_IF_ERROR(reader.status());
  const auto ours = our_systems(reader, where);
  if (!ours) return ours.error();
  const auto rows = objects(reader, "rows");
  if (!rows) return rows.error();
  for (const json::object* found : *rows) {
    auto row = parse_row(*found, where);
    if (!row) return row.error();
    row->ours = ours->contains(row->system);
    record.rows.push_back(*std::move(row));
  }
  return record;
}

}  // namespace

Result<BenchRecord> parse_bench_record(std::string_view text, std::string_view where) {
  const auto object = parse_json_object(text, where, {.code = kCode});
  if (!object) return object.error();
  return parse_object(*object, where);
}

Result<BenchRecord> load_bench_record(const std::filesystem::path& path) {
  const auto object = load_json_object(path, {.code = kCode});
  if (!object) return object.error();
  return parse_object(*object, path.string());
}

}  // namespace martlet
