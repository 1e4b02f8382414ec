// Bodies of every route of text-embeddings-inference: read or refused.
#include <cstdint>
#include <string_view>

#include "server/routes/tei_request.h"
#include "server/service/refusal_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using martlet::TeiRoute;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const TeiRoute route :
       {TeiRoute::kEmbed, TeiRoute::kPredict, TeiRoute::kRerank, TeiRoute::kSimilarity,
        martlet::tei_default_route(body, true)})
    martlet::check_refusal_of(martlet::parse_tei_request(route, body));
  martlet::check_refusal_of(martlet::parse_tei_decode(body));
  return 0;
}
