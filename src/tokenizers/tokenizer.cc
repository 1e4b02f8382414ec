#include "martlet/tokenizer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/tokenizer_json.h"
#include "tokenizers/added_tokens.h"
#include "tokenizers/decoder.h"
#include "tokenizers/normalizer.h"
#include "tokenizers/post_processor.h"
#include "tokenizers/pre_tokenizer.h"
#include "tokenizers/truncation.h"
#include "tokenizers/wordpiece.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "tokenizer";

}  // namespace

/// Working memory of one call, kept between texts.
struct Scratch {
  Chars chars;
  Chars part;
  Chars spare;
  std::vector<int32_t> byte_begin;
  std::vector<AddedTokens::Part> raw_parts;
  std::vector<AddedTokens::Part> parts;
  std::vector<Token> tokens;
  std::array<TextTokens, 2> texts;
  std::array<std::vector<Window>, 2> windows;
};

struct Tokenizer::Impl {
  std::optional<BertNormalizer> normalizer;
  AddedTokens added_tokens;
  bool bert_pre_tokenizer = false;
  WordPiece model;
  PostProcessor post_processor;
  std::optional<WordPieceDecoder> decoder;

  void tokenize(std::string_view text, bool offsets, Scratch& scratch, TextTokens& out) const;
  void tokenize_part(const AddedTokens::Part& part, Scratch& scratch) const;
  void tokenize_words(std::span<const Char> chars, std::vector<Token>& tokens) const;

  Status encode(
      std::span<const std::string_view> texts, const EncodeOptions& options, Scratch& scratch,
      Encodings& out
  ) const;
  Result<PairLength> truncate(std::span<const TextTokens> texts, const EncodeOptions& options)
      const;
};

void Tokenizer::Impl::tokenize_words(std::span<const Char> chars, std::vector<Token>& tokens)
    const {
  const auto add_word = [&](std::span<const Char> word) { model.tokenize(word, tokens); };
  if (bert_pre_tokenizer) {
    for_each_bert_word(chars, add_word);
  } else {
    add_word(chars);
  }
}

void Tokenizer::Impl::tokenize_part(const AddedTokens::Part& part, Scratch& scratch) const {
  scratch.part.assign(part.chars.begin(), part.chars.end());
  if (normalizer) normalizer->normalize(scratch.part, scratch.spare);
  scratch.parts.clear();
  added_tokens.split_normalized(scratch.part, scratch.parts);
  for (const AddedTokens::Part& piece : scratch.parts) {
    if (piece.id == AddedTokens::kText) {
      tokenize_words(piece.chars, scratch.tokens);
    } else {
      scratch.tokens.push_back(token_over(piece.id, piece.chars));
    }
  }
}

void Tokenizer::Impl::tokenize(
    std::string_view text, bool offsets, Scratch& scratch, TextTokens& out
) const {
  read_chars(text, scratch.chars, scratch.byte_begin);
  scratch.raw_parts.clear();
  scratch.tokens.clear();
  added_tokens.split_raw(scratch.chars, scratch.raw_parts);
  for (const AddedTokens::Part& part : scratch.raw_parts) {
    if (part.id == AddedTokens::kText) {
      tokenize_part(part, scratch);
    } else {
      scratch.tokens.push_back(token_over(part.id, part.chars));
    }
  }
  out.clear();
  for (const Token& token : scratch.tokens) out.ids.push_back(token.id);
  if (!offsets) return;
  for (const Token& token : scratch.tokens) {
    out.char_offsets.push_back({token.begin, token.end});
    out.byte_offsets.push_back(
        {scratch.byte_begin[std::size_t(token.begin)], scratch.byte_begin[std::size_t(token.end)]}
    );
  }
}

Result<PairLength> Tokenizer::Impl::truncate(
    std::span<const TextTokens> texts, const EncodeOptions& options
) const {
  const PairLength all{texts[0].ids.size(), texts.size() == 2 ? texts[1].ids.size() : 0};
  if (options.max_length == 0) return all;
  const std::size_t added =
      options.add_special_tokens ? post_processor.added_tokens(texts.size() == 2) : 0;
  if (std::size_t(options.max_length) < added) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "max_length, got {}, expected room for {} special tokens", options.max_length, added
    );
  }
  return martlet::truncate(all, std::size_t(options.max_length) - added, options.truncation);
}

Status Tokenizer::Impl::encode(
    std::span<const std::string_view> texts, const EncodeOptions& options, Scratch& scratch,
    Encodings& out
) const {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() > std::numeric_limits<int32_t>::max()) {
      return error(
          StatusCode::kInvalidArgument, kWhere, "text {}, got {} bytes, expected less than 2 GiB",
          out.text_of.empty() ? 0 : out.text_of.back() + 1, texts[i].size()
      );
    }
    tokenize(texts[i], options.offsets, scratch, scratch.texts[i]);
  }
  const auto kept = truncate(std::span(scratch.texts).first(texts.size()), options);
  if (!kept) return kept.status();
  std::array<TextWindows, 2> windows;
  bool truncated = false;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t length = scratch.texts[i].ids.size();
    const std::size_t size = i == 0 ? kept->first : kept->second;
    truncated |= size < length;
    if (options.overflow && size < length) {
      if (std::size_t(options.stride) >= size) {
        return error(
            StatusCode::kInvalidArgument, kWhere,
            "stride, got {}, expected less than the {} tokens "
            "that a window has of the text",
            options.stride, size
        );
      }
      make_windows(length, size, std::size_t(options.stride), scratch.windows[i]);
    } else {
      scratch.windows[i].assign(1, {0, size});
    }
    windows[i] = {&scratch.texts[i], scratch.windows[i]};
  }
  const int32_t index = out.text_of.empty() ? 0 : out.text_of.back() + 1;
  MARTLET_RETURN_IF_ERROR(
      post_processor.append(std::span(windows).first(texts.size()), options, out)
  );
  out.text_of.resize(out.sequences(), index);
  out.truncated.resize(out.sequences(), truncated ? 1 : 0);
  return {};
}

void Encodings::clear() {
  ids.clear();
  type_ids.clear();
  starts.clear();
  text_of.clear();
  truncated.clear();
  char_offsets.clear();
  byte_offsets.clear();
}

namespace {

Status check_options(const EncodeOptions& options, bool pairs) {
  if (options.max_length < 0 || options.stride < 0) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "max_length and stride, got {} and {}, expected no "
        "negative numbers",
        options.max_length, options.stride
    );
  }
  if (!pairs && options.max_length > 0 && options.truncation == Truncation::kOnlySecond) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "truncation of the second text only, got single texts, expected pairs"
    );
  }
  return {};
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_directory = std::filesystem::is_directory(path, ignored);
  const std::filesystem::path file_path = is_directory ? path / "tokenizer.json" : path;
  const auto file = MappedFile::open(file_path);
  if (!file) return file.status();
  return from_json(file->text(), file_path.string());
}

Result<Tokenizer> Tokenizer::from_json(std::string_view json, std::string_view where) {
  auto config = parse_tokenizer_json(json, where);
  if (!config) return config.status();
  auto model = WordPiece::build(config->model, where);
  if (!model) return model.status();
  std::optional<BertNormalizer> normalizer;
  if (config->normalizer) normalizer.emplace(*config->normalizer);
  auto added_tokens = AddedTokens::build(
      config->added_tokens, model->vocabulary(), normalizer ? &*normalizer : nullptr, where
  );
  if (!added_tokens) return added_tokens.status();
  std::optional<WordPieceDecoder> decoder;
  if (config->decoder) decoder.emplace(std::move(*config->decoder));
  return Tokenizer(std::unique_ptr<const Impl>(new Impl{
      .normalizer = normalizer,
      .added_tokens = std::move(*added_tokens),
      .bert_pre_tokenizer = config->bert_pre_tokenizer,
      .model = std::move(*model),
      .post_processor = PostProcessor(std::move(config->post_processor)),
      .decoder = std::move(decoder),
  }));
}

Status Tokenizer::encode(
    std::span<const std::string_view> texts, const EncodeOptions& options, Encodings& out
) const {
  out.clear();
  out.starts.push_back(0);
  MARTLET_RETURN_IF_ERROR(check_options(options, false));
  Scratch scratch;
  for (const std::string_view& text : texts) {
    MARTLET_RETURN_IF_ERROR(impl_->encode({&text, 1}, options, scratch, out));
  }
  return {};
}

Status Tokenizer::encode(
    std::span<const TextPair> pairs, const EncodeOptions& options, Encodings& out
) const {
  out.clear();
  out.starts.push_back(0);
  MARTLET_RETURN_IF_ERROR(check_options(options, true));
  Scratch scratch;
  for (const TextPair& pair : pairs) {
    const std::array texts{pair.first, pair.second};
    MARTLET_RETURN_IF_ERROR(impl_->encode(texts, options, scratch, out));
  }
  return {};
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::string text;
  bool is_first = true;
  for (const int32_t id : ids) {
    const std::string_view token = id_to_token(id);
    if (token.data() == nullptr) continue;
    if (skip_special_tokens && impl_->added_tokens.is_special(token)) continue;
    if (impl_->decoder) {
      impl_->decoder->append(token, is_first, text);
    } else {
      if (!is_first) text += ' ';
      text += token;
    }
    is_first = false;
  }
  return text;
}

std::optional<int32_t> Tokenizer::token_to_id(std::string_view token) const {
  const std::optional<int32_t> id = impl_->added_tokens.find(token);
  return id ? id : impl_->model.vocabulary().find(token);
}

std::string_view Tokenizer::id_to_token(int32_t id) const {
  const std::string_view added = impl_->added_tokens.decoded(id);
  return added.empty() ? impl_->model.vocabulary().token(id) : added;
}

int32_t Tokenizer::vocab_size() const noexcept {
  return std::max(impl_->added_tokens.end_id(), impl_->model.vocabulary().end_id());
}

}  // namespace martlet
