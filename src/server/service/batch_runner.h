// The batch function of a served model: queries packed into one ragged batch, the encoder run, and
// each row back to its query.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/cpu_move.h"
#include "martlet/encoder.h"
#include "martlet/status.h"
#include "server/service/failure_streak.h"
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
  /// `encoder` outlives the runner. `at_once`: how many batches may run at the same time. If one,
  /// it has all threads; of several each has one thread, on a CPU of its own, so that none waits
  /// for another's ranks; but a large one that is alone has all of them.
  BatchRunner(Encoder& encoder, OutputKind pooling, int at_once)
      : encoder_(encoder), pooling_(pooling), at_once_(at_once) {}

  /// `alone`: no other batch runs, and nothing is left for one.
  Status run(
      std::span<const TextQuery* const> queries, std::span<TextValues> answers, bool alone = true
  );

  /// Texts that failed alone since the last batch that did not fail.
  [[nodiscard]] int failures_in_a_row() const noexcept { return failures_.length(); }

 private:
  struct Scratch {
    std::vector<std::size_t> chosen;  // queries of one kind
    std::vector<int32_t> ids;
    std::vector<int32_t> type_ids;
    std::vector<int32_t> starts;
    EncoderOutput output;
    int cpu = -1;  // where the batch began
    bool alone = true;
  };

  Status run_kind(
      AnswerKind kind, std::span<const TextQuery* const> queries, std::span<TextValues> answers,
      Scratch& scratch
  );
  [[nodiscard]] int threads_for(const Scratch& scratch) const;
  void pack(std::span<const TextQuery* const> queries, Scratch& scratch) const;
  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  Encoder& encoder_;
  const OutputKind pooling_;
  const int at_once_;
  FailureStreak failures_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> spare_;
  CpuPlaces places_;
};

}  // namespace martlet
