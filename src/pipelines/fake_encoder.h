// For tests: an encoder whose rows are a function of the sequence alone, and a tokenizer of one
// token per byte to go with it.
#pragma once

#include <atomic>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>

#include "core/error.h"
#include "martlet/encoder.h"
#include "pipelines/stream_runner.h"

namespace martlet {

class FakeEncoder final : public Encoder {
 public:
  FakeEncoder() {
    info_.engine = "fake";
    info_.hidden_size = kColumns;
    info_.vocab_size = 256;
    info_.max_length = 1 << 20;
    info_.type_vocab_size = 2;
    info_.labels = kColumns;
  }

  static constexpr int32_t kColumns = 2;
  /// A batch with this id runs out of memory.
  static constexpr int32_t kHuge = '#';
  /// A sequence with this id fails.
  static constexpr int32_t kPoison = '!';

  [[nodiscard]] const EncoderInfo& info() const noexcept override { return info_; }

  Status run(const TokenBatch& batch, const RunOptions& options, EncoderOutput& output) override {
    ++runs;
    if (options.threads == 1) ++runs_of_one_thread;
    for (const int32_t id : batch.ids) {
      if (id == kPoison) return error(StatusCode::kInvalidArgument, "fake", "poison");
      if (id == kHuge) throw std::bad_alloc();
    }
    output.rows = batch.sequences();
    output.columns = kColumns;
    output.values.clear();
    for (std::size_t s = 0; s < output.rows; ++s) {
      const auto begin = static_cast<std::size_t>(batch.starts[s]);
      const auto size = static_cast<std::size_t>(batch.starts[s + 1]) - begin;
      const auto types =
          batch.type_ids.empty() ? batch.type_ids : batch.type_ids.subspan(begin, size);
      output.values.push_back(static_cast<float>(size));
      output.values.push_back(fingerprint(batch.ids.subspan(begin, size), types));
    }
    return {};
  }

  static float fingerprint(std::span<const int32_t> ids, std::span<const int32_t> types) {
    uint32_t hash = 1;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const int32_t type = types.empty() ? 0 : types[i];
      hash = hash * 31 + static_cast<uint32_t>(ids[i]) + 1000 * static_cast<uint32_t>(type);
    }
    return static_cast<float>(hash % 65536);
  }

  std::atomic<int> runs{0};
  std::atomic<int> runs_of_one_thread{0};

 private:
  EncoderInfo info_;
};

/// One token per byte and a 0 before them; a text with '?' fails, one beyond 50 bytes is cut.
inline Status encode_bytes(
    const TextBlock& block, std::size_t begin, std::size_t end, Encodings& encodings
) {
  encodings = {};
  encodings.starts.push_back(0);
  for (std::size_t row = begin; row < end; ++row) {
    const auto add = [&](int32_t id, int32_t type) {
      encodings.ids.push_back(id);
      encodings.type_ids.push_back(type);
    };
    const auto [first, second] = block[row];
    if (first.find('?') != std::string_view::npos)
      return error(StatusCode::kInvalidInput, "fake", "question");
    add(0, 0);
    for (const char byte : first.substr(0, 50)) add(static_cast<uint8_t>(byte), 0);
    for (const char byte : second.substr(0, 50)) add(static_cast<uint8_t>(byte), 1);
    encodings.starts.push_back(static_cast<int32_t>(encodings.ids.size()));
    encodings.text_of.push_back(static_cast<int32_t>(row - begin));
    encodings.truncated.push_back(first.size() > 50 || second.size() > 50 ? 1 : 0);
  }
  return {};
}

}  // namespace martlet
