#include "server/service/text_encoder.h"

#include <algorithm>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "inputs";

/// Encodes the inputs of one request; holds the buffers that every text uses.
class InputEncoder {
 public:
  InputEncoder(
      const Tokenizer& tokenizer, const RequestOptions& options, const TextLimits& limits,
      EncodedTexts& out
  )
      : tokenizer_(tokenizer), options_(options), limits_(limits), out_(out) {
    max_length_ = limits.max_length;
    if (options.max_length > 0) max_length_ = std::min(max_length_, options.max_length);
  }

  Status add(const TextInput& input, std::size_t index) {
    MARTLET_RETURN_IF_ERROR(check_place(input, index));
    MARTLET_RETURN_IF_ERROR(input.ids.empty() ? add_text(input, index) : add_ids(input, index));
    if (out_.tokens(index) == 0)
      return error(StatusCode::kInvalidInput, kWhere, "text {}: got no tokens", index);
    if (options_.truncate || !out_.truncated(index)) return {};
    return error(
        StatusCode::kInvalidInput, kWhere, "text {}: got {} tokens, expected at most {}", index,
        out_.original_tokens[index], max_length_
    );
  }

 private:
  /// Ids stand nowhere, and of a pair it is not plain in which text.
  [[nodiscard]] Status check_place(const TextInput& input, std::size_t index) const {
    const bool cut_on_left = options_.side == TruncationSide::kLeft;
    if (!limits_.offsets || (input.ids.empty() && !input.pair && !cut_on_left)) return {};
    return error(
        StatusCode::kUnsupported, kWhere,
        "text {}: got {}, expected one text{} for a token classifier", index,
        !input.ids.empty() ? "token ids"
        : input.pair       ? "a pair"
                           : "one to cut on the left",
        cut_on_left ? " to cut on the right" : ""
    );
  }

  Status add_ids(const TextInput& input, std::size_t index) {
    MARTLET_RETURN_IF_ERROR(check_range("token id", input.ids, limits_.vocab_size, index));
    MARTLET_RETURN_IF_ERROR(check_range("type id", input.type_ids, limits_.type_vocab_size, index));
    if (!input.type_ids.empty() && input.type_ids.size() != input.ids.size()) {
      return error(
          StatusCode::kInvalidInput, kWhere, "text {}: type ids, got {}, expected {}", index,
          input.type_ids.size(), input.ids.size()
      );
    }
    const auto kept = std::min(input.ids.size(), static_cast<std::size_t>(max_length_));
    const auto begin = options_.side == TruncationSide::kLeft ? input.ids.size() - kept : 0;
    const std::span ids = std::span(input.ids).subspan(begin, kept);
    const std::span types = input.type_ids.empty() ? std::span(input.type_ids)
                                                   : std::span(input.type_ids).subspan(begin, kept);
    append(ids, types, static_cast<int32_t>(input.ids.size()));
    out_.typed = out_.typed || !types.empty();
    return {};
  }

  static Status check_range(
      std::string_view what, const std::vector<int32_t>& ids, int32_t end, std::size_t index
  ) {
    const auto bad = std::ranges::find_if(ids, [end](int32_t id) { return id < 0 || id >= end; });
    if (bad == ids.end()) return {};
    return error(
        StatusCode::kInvalidInput, kWhere, "text {}: {}, got {}, expected 0 to {}", index, what,
        *bad, end - 1
    );
  }

  Status add_text(const TextInput& input, std::size_t index) {
    if (options_.side == TruncationSide::kLeft) return add_cut_on_left(input, index);
    MARTLET_RETURN_IF_ERROR(encode(input, max_length_));
    const auto tokens = static_cast<int32_t>(scratch_.ids.size());
    if (scratch_.truncated[0] == 0) {
      append(scratch_.ids, scratch_.type_ids, tokens);
      return {};
    }
    const std::size_t slot = append(scratch_.ids, scratch_.type_ids, tokens);
    MARTLET_RETURN_IF_ERROR(encode(input, 0));
    out_.original_tokens[slot] = static_cast<int32_t>(scratch_.ids.size());
    return {};
  }

  /// The special tokens before and after a text are those of the empty text.
  Status add_cut_on_left(const TextInput& input, std::size_t index) {
    if (input.pair) {
      return error(
          StatusCode::kUnsupported, kWhere,
          "text {}: got a pair to cut on the left, expected one text", index
      );
    }
    MARTLET_RETURN_IF_ERROR(encode(TextInput{}, 0));
    const std::size_t specials = scratch_.ids.size();
    MARTLET_RETURN_IF_ERROR(encode(input, 0));
    const auto original = static_cast<int32_t>(scratch_.ids.size());
    if (original > max_length_) {
      const std::size_t first = specials == 0 ? 0 : 1;
      const auto cut = static_cast<std::ptrdiff_t>(original - max_length_);
      const auto begin = scratch_.ids.begin() + static_cast<std::ptrdiff_t>(first);
      scratch_.ids.erase(begin, begin + cut);
      scratch_.type_ids.resize(scratch_.ids.size());
    }
    append(scratch_.ids, scratch_.type_ids, original);
    return {};
  }

  Status encode(const TextInput& input, int32_t max_length) {
    const EncodeOptions how{
        .add_special_tokens = options_.add_special_tokens,
        .max_length = max_length,
        .truncation = input.pair ? options_.pair_truncation : Truncation::kLongestFirst,
        .offsets = limits_.offsets,
    };
    if (input.pair) {
      const TextPair pair{input.text, *input.pair};
      return tokenizer_.encode(std::span(&pair, 1), how, scratch_);
    }
    const std::string_view text = input.text;
    return tokenizer_.encode(std::span(&text, 1), how, scratch_);
  }

  /// Returns the new sequence's index. Empty `type_ids`: all 0.
  std::size_t append(
      std::span<const int32_t> ids, std::span<const int32_t> type_ids, int32_t original
  ) {
    out_.ids.insert(out_.ids.end(), ids.begin(), ids.end());
    out_.type_ids.insert(out_.type_ids.end(), type_ids.begin(), type_ids.end());
    out_.type_ids.resize(out_.ids.size());
    if (limits_.offsets) {
      const auto add = [](const auto& from, auto& to) {
        to.insert(to.end(), from.begin(), from.end());
      };
      add(scratch_.char_offsets, out_.char_offsets);
      add(scratch_.byte_offsets, out_.byte_offsets);
      add(scratch_.special, out_.special);
    }
    out_.starts.push_back(static_cast<int32_t>(out_.ids.size()));
    out_.original_tokens.push_back(original);
    return out_.original_tokens.size() - 1;
  }

  const Tokenizer& tokenizer_;
  const RequestOptions& options_;
  const TextLimits& limits_;
  EncodedTexts& out_;
  int32_t max_length_ = 0;
  Encodings scratch_;
};

}  // namespace

Status encode_inputs(
    const Tokenizer& tokenizer, std::span<const TextInput> inputs, const RequestOptions& options,
    const TextLimits& limits, EncodedTexts& out
) {
  InputEncoder encoder(tokenizer, options, limits, out);
  for (const TextInput& input : inputs) {
    out.typed = out.typed || input.pair.has_value();
    if (const Status status = encoder.add(input, out.size()); !status.ok()) {
      out = EncodedTexts();
      return status;
    }
  }
  return {};
}

}  // namespace martlet
