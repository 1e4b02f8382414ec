// Any text is an adapter_config.json that parses, with a finite scale, or a typed error.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/lora_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = martlet::parse_lora_config(text, "fuzz");
  if (!config) return 0;
  for (const std::string_view module : {"bert.encoder.layer.0.output.dense", "query", ""}) {
    if (config->rank_of(module) < 1 || !std::isfinite(config->scale_of(module))) std::abort();
  }
  return 0;
}
