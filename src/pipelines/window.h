// A stretch of consecutive inputs on its way through a stream, and the steps that are done to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

#include "martlet/batch_plan.h"
#include "martlet/text_stream.h"
#include "martlet/tokenizer.h"
#include "pipelines/stream_runner.h"

namespace martlet {

Status out_of_memory();

/// Buffers of one thread that computes batches.
struct BatchScratch {
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;
  std::vector<int32_t> starts;
  EncoderOutput output;
};

/// The steps come in this order: read, tokenize every chunk, plan, compute every batch, then the
/// rows are there. Chunks, and batches, may be done on many threads at once.
class Window {
 public:
  explicit Window(const StreamParts& parts) : parts_(parts) {}

  /// Fills the window with at most `count` inputs (more where the source adds several at once), the
  /// first being number `first`, counted from 0. False when the source has ended or failed.
  bool read(const TextSource& source, std::size_t first, std::size_t count);

  [[nodiscard]] std::size_t texts() const noexcept { return texts_.size(); }
  [[nodiscard]] std::size_t chunks() const noexcept { return chunks_.size(); }
  void tokenize(std::size_t chunk);

  void form_batches(const BatchPlan& plan);
  [[nodiscard]] std::size_t batches() const noexcept { return batches_.size(); }
  /// Runs one batch on `threads` threads (0: all of the encoder's).
  void compute(std::size_t batch, int threads, BatchScratch& scratch);

  /// Runs a step that may run out of memory; the window then delivers nothing and fails.
  template <class Step>
  void guard(const Step& step) {
    try {
      step();
    } catch (const std::bad_alloc&) {
      fail(0, out_of_memory());
    }
  }

  /// Rows of the inputs before the first one that failed.
  [[nodiscard]] RowBlock rows() const noexcept;
  /// Of the first input that failed; ok when there is none.
  [[nodiscard]] const Status& status() const noexcept { return status_; }

 private:
  /// Texts from `text` on will not be delivered, because of `status`.
  void fail(std::size_t text, Status status);
  void fail_input(std::size_t text, const Status& status);
  void add_sequence(std::size_t chunk, std::size_t index);
  Status encode(std::size_t chunk, std::size_t begin, std::size_t end);
  Status run(std::span<const int32_t> sequences, int threads, BatchScratch& scratch);
  void append(std::size_t sequence, BatchScratch& scratch) const;

  const StreamParts& parts_;
  std::size_t first_ = 0;
  TextBlock texts_;
  std::vector<Encodings> chunks_;
  std::vector<SequenceRows> sequences_;
  std::vector<int32_t> lengths_;    // [sequences] in tokens
  std::vector<uint8_t> truncated_;  // [texts]
  Batches batches_;
  std::vector<float> values_;  // [rows x columns]
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;

  std::mutex mutex_;       // of the two below
  std::size_t valid_ = 0;  // texts before the first that failed
  Status status_;
};

}  // namespace martlet
