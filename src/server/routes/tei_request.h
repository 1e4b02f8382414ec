// The bodies of text-embeddings-inference's routes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "server/service/request.h"

namespace martlet {

enum class TeiRoute { kEmbed, kEmbedAll, kPredict, kRerank, kSimilarity, kTokenize };

struct TeiRequest {
  std::vector<TextInput> inputs;
  RequestOptions options;
  bool single = false;  // one text, not a list: predict and tokenize answer in kind
  bool raw_scores = false;
  bool return_text = false;
  /// The Hugging Face API's shape: a list per text even for one.
  bool nested = false;
  std::string query;               // of rerank, whose pairs are not made yet:
  std::vector<std::string> texts;  // `inputs` is empty
};

/// kInvalidInput for anything malformed; members that are not known are ignored.
Result<TeiRequest> parse_tei_request(TeiRoute route, std::string_view body);

/// POST / takes the body of any task: similarity for {"inputs":{"source_sentence":...}}, rerank for
/// {"query":...}, else what the model is for.
TeiRoute tei_default_route(std::string_view body, bool embeds);

struct TeiDecode {
  std::vector<std::vector<int32_t>> ids;
  bool skip_special_tokens = true;
};
Result<TeiDecode> parse_tei_decode(std::string_view body);

}  // namespace martlet
