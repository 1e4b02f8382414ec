#include "formats/rotary_config.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::string_view kFull = "full_attention";
constexpr std::string_view kLocal = "sliding_attention";
constexpr NumberRange kThetas{.min = 1.0, .max = 1e12};
constexpr std::int32_t kMaxWindow = 1 << 20;

void read_layer_types(JsonReader& reader, std::int32_t layers, RotaryConfig& out) {
  std::int32_t every = 3;
  reader.get("global_attn_every_n_layers", every, {.min = 1, .max = kMaxWindow});
  for (std::int32_t i = 0; i < layers; ++i)
    out.local.push_back(static_cast<std::uint8_t>(i % every != 0));
  const boost::json::array* types = reader.array("layer_types");
  if (types == nullptr) return;
  if (types->size() != out.local.size()) {
    reader.reject(
        "layer_types", fmt::format("{} of them", types->size()), fmt::format("one of {}", layers)
    );
    return;
  }
  for (std::size_t i = 0; i < types->size(); ++i) {
    const auto* name = (*types)[i].if_string();
    if (name == nullptr || (*name != kFull && *name != kLocal)) {
      reader.reject("layer_types", describe((*types)[i]), "full_attention or sliding_attention");
      return;
    }
    out.local[i] = static_cast<std::uint8_t>(*name == kLocal);
  }
}

/// The angles of one kind of layer in "rope_parameters".
Status read_parameters(
    const boost::json::object& parameters, std::string_view kind, std::string_view where,
    float& theta
) {
  JsonReader outer(parameters, where, "rope_parameters");
  const boost::json::object* object = outer.object(kind);
  MARTLET_RETURN_IF_ERROR(outer.status());
  if (object == nullptr) return {};
  JsonReader reader(*object, where, kind);
  std::string type = "default";
  reader.get("rope_type", type);
  reader.get("rope_theta", theta, kThetas);
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (type == "default") return {};
  return error(StatusCode::kUnsupported, where, "rope_type, got '{}', expected default", type);
}

}  // namespace

Status read_rotary_config(
    JsonReader& reader, std::string_view where, std::int32_t layers, RotaryConfig& out
) {
  out.theta = 160000;
  out.local_theta = 10000;
  std::int32_t width = 128;
  reader.get("global_rope_theta", out.theta, kThetas);
  reader.get("local_rope_theta", out.local_theta, kThetas);
  reader.get("local_attention", width, {.min = 2, .max = kMaxWindow});
  out.window = width / 2;
  read_layer_types(reader, layers, out);
  const boost::json::object* parameters = reader.object("rope_parameters");
  MARTLET_RETURN_IF_ERROR(reader.status());
  if (reader.find("rope_scaling") != nullptr)
    return error(StatusCode::kUnsupported, where, "rope_scaling, got one, expected none");
  if (parameters == nullptr) return {};
  MARTLET_RETURN_IF_ERROR(read_parameters(*parameters, kFull, where, out.theta));
  return read_parameters(*parameters, kLocal, where, out.local_theta);
}

}  // namespace martlet
