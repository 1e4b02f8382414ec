// The batch function of a served model: queries packed into one ragged batch, the encoder run, and
// each row back to its query.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "martlet/encoder.h"
#include "martlet/status.h"
#include "server/service/model_info.h"
#include "server/service/request.h"
#include "server/service/text_encoder.h"

namespace martlet {

/// One text of a request.
struct TextQuery {
  std::shared_ptr<const EncodedTexts> texts;
  std::size_t index = 0;
  AnswerKind kind = AnswerKind::kLogits;
};

struct TextValues {
  std::vector<float> values;
  bool finite = true;
};

/// Safe to call from several threads.
class BatchRunner {
 public:
  /// `encoder` outlives the runner; `threads` is of each call, as RunOptions::threads.
  BatchRunner(Encoder& encoder, OutputKind pooling, int threads)
      : encoder_(encoder), pooling_(pooling), threads_(threads) {}

  Status run(std::span<const TextQuery* const> queries, std::span<TextValues> answers);

  /// Runs that failed since the last one that did not.
  [[nodiscard]] int failures_in_a_row() const noexcept {
    return failures_.load(std::memory_order_relaxed);
  }

 private:
  struct Scratch {
    std::vector<std::size_t> chosen;  // queries of one kind
    std::vector<int32_t> ids;
    std::vector<int32_t> type_ids;
    std::vector<int32_t> starts;
    EncoderOutput output;
  };

  Status run_kind(
      AnswerKind kind, std::span<const TextQuery* const> queries, std::span<TextValues> answers,
      Scratch& scratch
  );
  void pack(std::span<const TextQuery* const> queries, Scratch& scratch) const;
  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  Encoder& encoder_;
  const OutputKind pooling_;
  const int threads_;
  std::atomic<int> failures_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> spare_;
};

}  // namespace martlet
