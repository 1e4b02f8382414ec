// Any bytes as a tokenizer.json; what loads must encode and decode.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "martlet/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto tokenizer = martlet::Tokenizer::from_json(json, "fuzz");
  if (!tokenizer) {
    if (tokenizer.status().message().find('\n') != std::string_view::npos) std::abort();
    return 0;
  }
  const martlet::TextPair pair{"The [MASK] caf\u00e9, <x> unaffable!", "a b c"};
  martlet::Encodings out;
  for (const bool offsets : {false, true}) {
    const martlet::EncodeOptions options{.max_length = 12, .overflow = true, .offsets = offsets};
    if (!tokenizer->encode(std::span(&pair, 1), options, out).ok()) continue;
    (void)tokenizer->decode(out.ids);
  }
  return 0;
}
