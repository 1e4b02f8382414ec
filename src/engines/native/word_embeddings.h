// The word vectors of a model, [vocab_size, embedding_size]: most of a small model's bytes.
//
// Where every layer multiplies in low precision they are read as halves, in which their rounding is
// lost. A table of halves is half as large as the file's floats, but to make it takes a third of a
// cold start: so the first answers round what they read of the file, to the same bits, and the
// table is made behind them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/aligned_buffer.h"
#include "formats/checkpoint.h"
#include "kernels/cpu/embed/embed.h"

namespace martlet {

class WordEmbeddings {
 public:
  WordEmbeddings() = default;
  explicit WordEmbeddings(FloatTensor floats) : floats_(std::move(floats)) {}

  /// From now on a row is read as halves, unless a value of it is too large for one. Floats that
  /// are no view of a file are dropped for their table at once. Not for several threads. Throws
  /// std::bad_alloc.
  void use_halves(const EmbedKernels& kernels);

  /// The sums of `rows`, whose words are these. For several threads.
  void embed(EmbedRows rows, const EmbedKernels& kernels) const noexcept;

  /// Begins to make the table of halves, where one is to be and none was begun, and calls `made`
  /// when it is read instead of the floats. For several threads; this object must not move any
  /// more.
  void make_table(const EmbedKernels& kernels, std::function<void()> made) const noexcept;

 private:
  struct Table {
    AlignedBuffer halves;  // two to a float
    std::atomic<const std::uint16_t*> ready{nullptr};
    std::once_flag begun;
    std::jthread maker;  // the last member: it ends before what it writes
  };

  bool fill(const EmbedKernels& kernels, const std::stop_token& stop) const noexcept;

  FloatTensor floats_;
  std::unique_ptr<Table> table_;  // null: rows are read as floats
};

}  // namespace martlet
