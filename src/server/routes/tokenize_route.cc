#include "server/routes/tokenize_route.h"

#include <new>
#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "formats/json_writer.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "tokenize";

TokenizedText read_encoding(
    const Tokenizer& tokenizer, const TextPair& texts, const Encodings& encodings
) {
  TokenizedText text;
  text.truncated = encodings.truncated[0] != 0;
  for (std::size_t i = 0; i < encodings.ids.size(); ++i) {
    const int32_t id = encodings.ids[i];
    const Offset place = encodings.char_offsets[i];
    const Offset bytes = encodings.byte_offsets[i];
    const std::string_view source = encodings.type_ids[i] == 0 ? texts.first : texts.second;
    text.tokens.push_back({
        .id = id,
        .text = std::string(tokenizer.id_to_token(id)),
        .surface = std::string(source.substr(
            static_cast<std::size_t>(bytes.begin), static_cast<std::size_t>(bytes.end - bytes.begin)
        )),
        .characters = place,
        .special = encodings.special[i] != 0,
    });
  }
  return text;
}

Result<std::vector<TokenizedText>> tokenize(const TextRequest& request, int64_t max_tokens) {
  const EncodeOptions how{
      .add_special_tokens = request.options.add_special_tokens,
      .max_length = request.options.max_length,
      .offsets = true,
  };
  const Tokenizer& tokenizer = *request.model->tokenizer();
  std::vector<TokenizedText> texts;
  Encodings encodings;
  int64_t tokens = 0;
  for (const TextInput& input : request.inputs) {
    if (!input.ids.empty())
      return error(StatusCode::kInvalidInput, kWhere, "got token ids, expected texts");
    const std::string_view text = input.text;
    const TextPair pair{text, input.pair ? std::string_view(*input.pair) : std::string_view()};
    MARTLET_RETURN_IF_ERROR(
        input.pair ? tokenizer.encode(std::span(&pair, 1), how, encodings)
                   : tokenizer.encode(std::span(&text, 1), how, encodings)
    );
    tokens += static_cast<int64_t>(encodings.ids.size());
    if (tokens > max_tokens) {
      return error(
          StatusCode::kInvalidInput, kWhere, "tokens, got {} or more, expected at most {}", tokens,
          max_tokens
      );
    }
    texts.push_back(read_encoding(tokenizer, pair, encodings));
  }
  return texts;
}

}  // namespace

void answer_aside(
    Responder responder, const std::shared_ptr<ServedModel>& model, const Dialect& dialect,
    std::function<Result<HttpResponse>()> make
) {
  if (model->tokenizer() == nullptr) {
    const Status status = error(
        StatusCode::kUnsupported, "request", "the model {} does not read texts",
        in_quotes(model->info().name)
    );
    return answer_failure(std::move(responder), status, dialect);
  }
  const auto owed = std::make_shared<Responder>(std::move(responder));
  const bool taken = model->run_aside([owed, &dialect, make = std::move(make)] {
    Result<HttpResponse> response = Status();
    try {
      response = make();
    } catch (const std::bad_alloc&) {
      response = error(StatusCode::kResourceExhausted, kWhere, "out of memory");
    }
    if (!response) return answer_failure(std::move(*owed), response.error(), dialect);
    owed->send(*std::move(response));
  });
  if (taken) return;
  answer_failure(
      std::move(*owed), error(StatusCode::kResourceExhausted, kWhere, "too many requests wait"),
      dialect
  );
}

Status check_texts(std::size_t texts, const ServingOptions& limits) {
  if (texts <= static_cast<std::size_t>(limits.max_inputs)) return {};
  return error(
      StatusCode::kInvalidInput, kWhere, "texts, got {}, expected at most {}", texts,
      limits.max_inputs
  );
}

void tokenize_texts(
    Responder responder, TextRequest&& texts, const TokenizeRules& rules, TokenizedWriter write
) {
  if (const Status status = check_texts(texts.inputs.size(), rules.limits); !status.ok())
    return answer_failure(std::move(responder), status, rules.dialect);
  const auto model = texts.model;
  answer_aside(
      std::move(responder), model, rules.dialect,
      [request = std::move(texts), max_tokens = rules.limits.max_request_tokens,
       write = std::move(write)]() -> Result<HttpResponse> {
        const auto tokenized = tokenize(request, max_tokens);
        if (!tokenized) return tokenized.error();
        return write(request.model->info(), *tokenized);
      }
  );
}

void append_tokenized(std::string& out, const TokenizedText& text) {
  JsonObject object(out);
  const auto list = [&](std::string_view name, const auto& append) {
    JsonArray array(object.key(name));
    for (const TokenizedText::Token& token : text.tokens) append(array.next(), token);
  };
  using Token = TokenizedText::Token;
  list("ids", [](std::string& to, const Token& token) {
    write_json_number(to, int64_t{token.id});
  });
  list("tokens", [](std::string& to, const Token& token) { write_json_string(to, token.text); });
  list("offsets", [](std::string& to, const Token& token) {
    JsonArray offset(to);
    write_json_number(offset.next(), int64_t{token.characters.begin});
    write_json_number(offset.next(), int64_t{token.characters.end});
  });
  list("special", [](std::string& to, const Token& token) {
    to += token.special ? "true" : "false";
  });
  object.member("truncated", text.truncated);
}

}  // namespace martlet
