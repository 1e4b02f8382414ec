#include "images/processor_config.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

namespace bj = boost::json;

constexpr std::int32_t kLargestSide = 1 << 14;
constexpr IntegerRange kSide{.min = 1, .max = kLargestSide};

/// A processor of transformers, by its name without "ImageProcessor" or "FeatureExtractor".
struct Kind {
  std::string_view name;
  bool square = true;  // a size that is one number means a square, else the shorter side
  bool convnext = false;
};

constexpr Kind kKinds[] = {
    {"", true},
    {"ViT", true},
    {"DeiT", true},
    {"Beit", true},
    {"Siglip", true},
    {"CLIP", false},
    {"Bit", false},
    {"MobileNetV1", false},
    {"MobileNetV2", false},
    {"ConvNext", false, true},
};

class ConfigReader {
 public:
  ConfigReader(const bj::object& root, std::string_view where)
      : reader_(root, where), where_(where) {}

  Result<ProcessorConfig> read() {
    MARTLET_RETURN_IF_ERROR(read_kind());
    refuse("do_pad");
    if (is_on("do_resize", true)) read_size();
    if (is_on("do_center_crop", false)) read_crop();
    read_values();
    if (kind_->convnext) apply_crop_share();
    MARTLET_RETURN_IF_ERROR(failure_);
    MARTLET_RETURN_IF_ERROR(reader_.status());
    return config_;
  }

 private:
  Status read_kind() {
    std::string type;
    reader_.get("feature_extractor_type", type);
    reader_.get("image_processor_type", type);
    MARTLET_RETURN_IF_ERROR(reader_.status());
    std::string_view name = type;
    for (const std::string_view ending : {"Fast", "Pil", "ImageProcessor", "FeatureExtractor"}) {
      if (name.ends_with(ending)) name.remove_suffix(ending.size());
    }
    kind_ = std::ranges::find(kKinds, name, &Kind::name);
    if (kind_ != std::end(kKinds)) return {};
    return error(
        StatusCode::kUnsupported, where_,
        "image_processor_type: got {}, expected one that only resizes, crops and normalizes, such "
        "as ViTImageProcessor",
        in_quotes(type)
    );
  }

  bool is_on(std::string_view key, bool fallback) {
    reader_.get(key, fallback);
    return fallback;
  }

  void refuse(std::string_view key) {
    if (is_on(key, false)) reader_.reject(key, "true", "false");
  }

  void read_size() {
    const bj::value* size = reader_.find("size");
    if (size == nullptr) return;
    if (size->is_object()) {
      read_sides(size->get_object());
    } else {
      std::int32_t side = 0;
      reader_.get("size", side, kSide);
      set_size(side, side, kind_->square ? 0 : side);
    }
    std::int32_t filter = static_cast<std::int32_t>(config_.resample);
    reader_.get("resample", filter, {.min = 0, .max = 5});
    config_.resample = static_cast<Resample>(filter);
  }

  void read_sides(const bj::object& size) {
    JsonReader sides(size, where_, "size");
    std::int32_t height = 0;
    std::int32_t width = 0;
    std::int32_t shortest = 0;
    sides.get("height", height, kSide);
    sides.get("width", width, kSide);
    sides.get("shortest_edge", shortest, kSide);
    const bool more = sides.find("longest_edge") != nullptr || sides.find("max_height") != nullptr;
    const bool exact = height > 0 && width > 0;
    if (more || exact == (shortest > 0))
      sides.reject("height", "other sides", "height and width, or shortest_edge alone");
    if (!sides.status().ok()) return take(sides.status());
    set_size(height, width, shortest);
  }

  void set_size(std::int32_t height, std::int32_t width, std::int32_t shortest) {
    config_.sizing =
        shortest > 0 ? ProcessorConfig::Sizing::kShortestEdge : ProcessorConfig::Sizing::kExact;
    config_.height = height;
    config_.width = width;
    config_.shortest_edge = shortest;
  }

  void read_crop() {
    const bj::value* size = reader_.find("crop_size");
    if (size == nullptr) return reader_.reject("crop_size", "nothing", "the size of the crop");
    std::int32_t height = 0;
    std::int32_t width = 0;
    if (size->is_object()) {
      JsonReader sides(size->get_object(), where_, "crop_size");
      sides.require("height");
      sides.require("width");
      sides.get("height", height, kSide);
      sides.get("width", width, kSide);
      if (!sides.status().ok()) return take(sides.status());
    } else {
      reader_.get("crop_size", height, kSide);
      width = height;
    }
    set_crop(height, width);
  }

  void set_crop(std::int32_t height, std::int32_t width) {
    config_.crop = true;
    config_.crop_height = height;
    config_.crop_width = width;
  }

  void read_values() {
    if (is_on("do_rescale", true)) {
      reader_.get("rescale_factor", config_.rescale, {.min = 1e-9, .max = 1e9});
    } else {
      config_.rescale = 1;
    }
    if (!is_on("do_normalize", reader_.find("image_mean") != nullptr)) return;
    reader_.require("image_mean");
    reader_.require("image_std");
    read_channels("image_mean", -1e6F, config_.mean);
    read_channels("image_std", 1e-6F, config_.std);
  }

  /// One number for all channels, or one for each.
  void read_channels(std::string_view key, float min, std::array<float, 3>& out) {
    const NumberRange range{.min = min, .max = 1e6};
    const bj::value* value = reader_.find(key);
    if (value == nullptr || !value->is_array()) {
      reader_.get(key, out[0], range);
      out.fill(out[0]);
      return;
    }
    const bj::array& numbers = value->get_array();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const bool right = numbers.size() == out.size() && numbers[i].is_number();
      const double number = right ? numbers[i].to_number<double>() : range.min - 1;
      if (!(number >= range.min && number <= range.max))
        return reader_.reject(key, "other values", "three numbers in range");
      out[i] = static_cast<float>(number);
    }
    if (numbers.empty()) reader_.reject(key, "no values", "three numbers");
  }

  /// Below 384, ConvNeXT's processor resizes to more than `size` and crops it; from there on it
  /// resizes to a square.
  void apply_crop_share() {
    constexpr std::int32_t kUncropped = 384;
    const std::int32_t side = config_.shortest_edge;
    if (config_.sizing != ProcessorConfig::Sizing::kShortestEdge) return;
    if (side >= kUncropped) return set_size(side, side, 0);
    double share = 224.0 / 256;
    reader_.get("crop_pct", share, {.min = 1e-2, .max = 1});
    config_.shortest_edge = static_cast<std::int32_t>(side / share);
    if (!config_.crop) set_crop(side, side);
  }

  void take(const Status& status) {
    if (failure_.ok()) failure_ = status;
  }

  JsonReader reader_;
  std::string_view where_;
  Status failure_;
  const Kind* kind_ = nullptr;
  ProcessorConfig config_;
};

}  // namespace

Result<ProcessorConfig> parse_processor_config(
    std::string_view json, std::string_view where, std::string_view overrides
) {
  auto root = parse_json_object(json, where);
  if (!root) return root.error();
  if (!overrides.empty()) {
    const auto own = parse_json_object(
        overrides, "preprocess", {.unique_keys = true, .code = StatusCode::kInvalidArgument}
    );
    if (!own) return own.error();
    for (const auto& [key, value] : *own) (*root)[key] = value;
  }
  return ConfigReader(*root, where).read();
}

}  // namespace martlet
