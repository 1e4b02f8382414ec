// Tokenizing alone, without running the model: /v1/tokenize, /tokenize and /decode.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "martlet/tokenizer.h"
#include "server/routes/text_route.h"

namespace martlet {

struct TokenizedText {
  struct Token {
    int32_t id = 0;
    std::string text;        // of the vocabulary
    std::string surface;     // of the text it comes from
    Offset characters = {};  // in that text
    bool special = false;    // added by the tokenizer
  };
  std::vector<Token> tokens;
  bool truncated = false;
};

/// In whose words a request is refused, and what it may have.
struct TokenizeRules {
  const Dialect& dialect;
  const ServingOptions& limits;
};

/// kInvalidInput for more texts than a request may have.
Status check_texts(std::size_t texts, const ServingOptions& limits);

using TokenizedWriter =
    std::function<HttpResponse(const ModelInfo& info, const std::vector<TokenizedText>& texts)>;

/// Tokenizes on the model's threads, without truncation unless options.max_length asks for it, and
/// answers. Only texts and pairs, and no more of them or their tokens than the limits say: all else
/// is kInvalidInput.
void tokenize_texts(
    Responder responder, TextRequest&& texts, const TokenizeRules& rules, TokenizedWriter write
);

/// {"ids":[...],"tokens":[...],"offsets":[[b,e],...],"special":[...],"truncated":...}
void append_tokenized(std::string& out, const TokenizedText& text);

/// Runs `make` on the model's tokenizing threads and answers with what it makes.
void answer_aside(
    Responder responder, const std::shared_ptr<ServedModel>& model, const Dialect& dialect,
    std::function<Result<HttpResponse>()> make
);

}  // namespace martlet
