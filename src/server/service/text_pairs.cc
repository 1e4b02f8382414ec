#include "server/service/text_pairs.h"

#include <string>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "request";

std::size_t bytes_of(std::span<const std::string_view> texts) {
  std::size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  return bytes;
}

}  // namespace

Status check_meant(std::size_t texts, std::size_t bytes, int32_t max_inputs) {
  if (texts > static_cast<std::size_t>(max_inputs)) {
    return error(
        StatusCode::kInvalidInput, kWhere, "texts, got {}, expected 1 to {}", texts, max_inputs
    );
  }
  if (bytes <= kMaxMeantBytes) return {};
  return error(
      StatusCode::kInvalidInput, kWhere,
      "bytes of all texts, each as often as it is read, got {}, expected at most {}", bytes,
      kMaxMeantBytes
  );
}

Result<std::vector<TextInput>> pair_texts(
    std::span<const std::string_view> firsts, std::span<const std::string_view> seconds,
    int32_t max_inputs
) {
  MARTLET_RETURN_IF_ERROR(check_meant(
      firsts.size() * seconds.size(),
      bytes_of(firsts) * seconds.size() + bytes_of(seconds) * firsts.size(), max_inputs
  ));
  std::vector<TextInput> pairs;
  pairs.reserve(firsts.size() * seconds.size());
  for (const std::string_view first : firsts) {
    for (const std::string_view second : seconds)
      pairs.push_back({.text = std::string(first), .pair = std::string(second)});
  }
  return pairs;
}

}  // namespace martlet
