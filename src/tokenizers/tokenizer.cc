#include "martlet/tokenizer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/mapped_file.h"
#include "formats/graph_file.h"
#include "formats/tokenizer_json.h"
#include "tokenizers/decoder.h"
#include "tokenizers/post_processor.h"
#include "tokenizers/scratch_pool.h"
#include "tokenizers/text_tokenizer.h"
#include "tokenizers/truncation.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "tokenizer";

/// Working memory of one call.
struct Scratch {
  TextTokenizer::Scratch text;
  std::array<TextTokens, 2> tokens;
  std::array<std::vector<Window>, 2> windows;

  /// One long text must not hold its memory for ever.
  [[nodiscard]] bool worth_keeping() const noexcept {
    constexpr std::size_t kMaxChars = std::size_t{1} << 16;
    return text.chars.capacity() <= kMaxChars && text.ascii.text.capacity() <= kMaxChars;
  }
};

Status check_options(const EncodeOptions& options, bool pairs) {
  if (options.max_length < 0 || options.stride < 0) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "max_length and stride, got {} and {}, expected no negative numbers", options.max_length,
        options.stride
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

Status check_size(std::string_view text) {
  constexpr std::size_t kMaxBytes = std::numeric_limits<int32_t>::max() - 1;
  if (text.size() <= kMaxBytes) return {};
  return error(
      StatusCode::kInvalidArgument, kWhere, "text, got {} bytes, expected at most {}", text.size(),
      kMaxBytes
  );
}

/// The windows of a text of `length` tokens of which the first has `size`.
Status choose_windows(
    std::size_t length, std::size_t size, const EncodeOptions& options, std::vector<Window>& windows
) {
  if (!options.overflow || size == length) {
    windows.assign(1, {0, size});
    return {};
  }
  if (std::size_t(options.stride) >= size) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "stride, got {}, expected less than the {} tokens that max_length leaves a text",
        options.stride, size
    );
  }
  make_windows(length, size, std::size_t(options.stride), windows);
  return {};
}

struct HasSubwordPrefix {
  template <class Config>
  bool operator()(const Config& model) const {
    if constexpr (requires { model.continuing_subword_prefix; }) {
      return !model.continuing_subword_prefix.empty();
    } else {
      return false;
    }
  }
};

/// A model names its unknown token, or numbers it.
struct FindUnknown {
  const Vocabulary& vocabulary;

  template <class Config>
  std::optional<int32_t> operator()(const Config& model) const {
    if constexpr (requires { model.unk_id; }) {
      return model.unk_id;
    } else {
      const std::optional<std::string> token = model.unk_token;
      return token ? vocabulary.find(*token) : std::nullopt;
    }
  }
};

}  // namespace

struct Tokenizer::Impl {
  std::unique_ptr<const TextTokenizer> text_tokenizer;
  PostProcessor post_processor;
  std::optional<Decoder> decoder;
  std::optional<int32_t> unknown_id;
  bool marks_subwords = false;
  mutable ScratchPool<Scratch> pool;

  Impl(std::unique_ptr<const TextTokenizer> texts, TokenizerConfig& config)
      : text_tokenizer(std::move(texts)), post_processor(std::move(config.post_processor)) {
    if (config.decoder) decoder.emplace(std::move(*config.decoder));
    marks_subwords = std::visit(HasSubwordPrefix{}, config.model);
    unknown_id = std::visit(FindUnknown{text_tokenizer->vocabulary()}, config.model);
  }

  /// Tokens that one text or pair may have at most, special ones left out.
  [[nodiscard]] Result<std::size_t> max_tokens(bool pair, const EncodeOptions& options) const;
  /// Appends the sequences of one input, one text or two, of which `out` has `index` before.
  Status encode(
      std::span<const std::string_view> texts, std::size_t index, const EncodeOptions& options,
      Scratch& scratch, Encodings& out
  ) const;
  /// Replaces `out` with the sequences of `count` inputs; texts_of(i) is an array of input i's
  /// texts.
  template <class TextsOf>
  Status encode_all(
      std::size_t count, TextsOf texts_of, const EncodeOptions& options, Encodings& out
  ) const;
};

Result<std::size_t> Tokenizer::Impl::max_tokens(bool pair, const EncodeOptions& options) const {
  if (options.max_length == 0) return std::numeric_limits<std::size_t>::max();
  const std::size_t added = options.add_special_tokens ? post_processor.added_tokens(pair) : 0;
  if (std::size_t(options.max_length) < added) {
    return error(
        StatusCode::kInvalidArgument, kWhere,
        "max_length, got {}, expected room for {} special tokens", options.max_length, added
    );
  }
  return std::size_t(options.max_length) - added;
}

Status Tokenizer::Impl::encode(
    std::span<const std::string_view> texts, std::size_t index, const EncodeOptions& options,
    Scratch& scratch, Encodings& out
) const {
  const auto limit = max_tokens(texts.size() == 2, options);
  if (!limit) return limit.status();
  TextOptions text_options{.offsets = options.offsets};
  // Of a text alone, one token more than may stay tells that it is cut. How a pair shares the room
  // depends on the whole length of both.
  const bool may_stop = texts.size() == 1 && !options.overflow && *limit < text_options.max_tokens;
  if (may_stop) text_options.max_tokens = *limit + 1;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    MARTLET_RETURN_IF_ERROR(check_size(texts[i]));
    MARTLET_RETURN_IF_ERROR(
        text_tokenizer->tokenize(texts[i], text_options, scratch.text, scratch.tokens[i])
    );
  }
  const PairLength lengths{
      scratch.tokens[0].ids.size(), texts.size() == 2 ? scratch.tokens[1].ids.size() : 0
  };
  const auto kept = truncate(lengths, *limit, options.truncation);
  if (!kept) return kept.status();
  std::array<TextWindows, 2> windows;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t length = i == 0 ? lengths.first : lengths.second;
    const std::size_t size = i == 0 ? kept->first : kept->second;
    MARTLET_RETURN_IF_ERROR(choose_windows(length, size, options, scratch.windows[i]));
    windows[i] = {&scratch.tokens[i], scratch.windows[i]};
  }
  MARTLET_RETURN_IF_ERROR(
      post_processor.append(std::span(windows).first(texts.size()), options, out)
  );
  out.text_of.resize(out.sequences(), int32_t(index));
  out.truncated.resize(out.sequences(), *kept == lengths ? 0 : 1);
  return {};
}

template <class TextsOf>
Status Tokenizer::Impl::encode_all(
    std::size_t count, TextsOf texts_of, const EncodeOptions& options, Encodings& out
) const {
  constexpr bool kPairs = std::tuple_size_v<decltype(texts_of(0))> == 2;
  out.clear();
  MARTLET_RETURN_IF_ERROR(check_options(options, kPairs));
  const ScratchPool<Scratch>::Lease scratch(pool);
  out.starts.push_back(0);
  for (std::size_t i = 0; i < count; ++i) {
    const auto texts = texts_of(i);
    if (Status status = encode(texts, i, options, *scratch, out); !status.ok()) {
      out.clear();
      return status;
    }
  }
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
  special.clear();
}

Tokenizer::Tokenizer(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& path) {
  if (is_graph_file(path)) {
    const auto inside = graph_text(path, onnx_metadata::kTokenizer, "tokenizer.json");
    if (!inside) return inside.status();
    return from_json(inside->text, inside->where);
  }
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
  auto text_tokenizer = TextTokenizer::build(*config, where);
  if (!text_tokenizer) return text_tokenizer.status();
  return Tokenizer(std::make_unique<const Impl>(std::move(*text_tokenizer), *config));
}

Status Tokenizer::encode(
    std::span<const std::string_view> texts, const EncodeOptions& options, Encodings& out
) const {
  const auto texts_of = [&](std::size_t i) { return std::array{texts[i]}; };
  return impl_->encode_all(texts.size(), texts_of, options, out);
}

Status Tokenizer::encode(
    std::span<const TextPair> pairs, const EncodeOptions& options, Encodings& out
) const {
  const auto texts_of = [&](std::size_t i) { return std::array{pairs[i].first, pairs[i].second}; };
  return impl_->encode_all(pairs.size(), texts_of, options, out);
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::vector<std::string_view> tokens;
  for (const int32_t id : ids) {
    const std::string_view token = id_to_token(id);
    if (token.data() == nullptr) continue;  // no such id
    if (skip_special_tokens && impl_->text_tokenizer->added_tokens().is_special(token)) continue;
    tokens.push_back(token);
  }
  return join(tokens);
}

std::string Tokenizer::join(std::span<const std::string_view> tokens) const {
  if (impl_->decoder) return impl_->decoder->decode(tokens);
  return fmt::format("{}", fmt::join(tokens, " "));
}

std::optional<int32_t> Tokenizer::token_to_id(std::string_view token) const {
  const std::optional<int32_t> id = impl_->text_tokenizer->added_tokens().find(token);
  return id ? id : impl_->text_tokenizer->vocabulary().find(token);
}

std::string_view Tokenizer::id_to_token(int32_t id) const {
  const std::string_view added = impl_->text_tokenizer->added_tokens().decoded(id);
  return added.empty() ? impl_->text_tokenizer->vocabulary().token(id) : added;
}

std::optional<int32_t> Tokenizer::unknown_id() const noexcept { return impl_->unknown_id; }

bool Tokenizer::marks_subwords() const noexcept { return impl_->marks_subwords; }

int32_t Tokenizer::vocab_size() const noexcept {
  return std::max(
      impl_->text_tokenizer->added_tokens().end_id(), impl_->text_tokenizer->vocabulary().end_id()
  );
}

}  // namespace martlet
