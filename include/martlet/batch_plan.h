// How a pipeline forms batches. A plan changes speed and never results: an encoder's rows do not
// depend on their neighbours, and every pipeline answers in input order.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "martlet/export.h"
#include "martlet/status.h"

namespace martlet {

struct BatchPlan {
  enum class Order {
    kSerial,    // input order, one batch at a time, all threads inside it
    kParallel,  // input order, one whole batch per thread
    kGrouped,   // by length within a window, longest first, one whole batch per thread
  };

  Order order = Order::kGrouped;
  /// Tokens of a batch at most; a longer sequence is a batch of its own.
  int32_t batch_tokens = 2048;
  /// Sequences of a batch at most; 0: as many as the tokens allow.
  int32_t batch_sequences = 0;
  /// 0: the pipeline's own number, which is by default what this process may use.
  int threads = 0;
  /// Texts that are read, tokenized and grouped together. A stream holds a few windows in memory.
  int32_t window = 1024;
};

/// "serial", "parallel", "grouped". Static storage.
MARTLET_API std::string_view to_string(BatchPlan::Order order) noexcept;
/// The order with this name; kInvalidArgument for any other word.
MARTLET_API Result<BatchPlan::Order> parse_order(std::string_view name);
/// kInvalidArgument for a number out of range.
MARTLET_API Status check(const BatchPlan& plan);

/// Sequences dealt to batches: batch b runs sequences[starts[b]] .. sequences[starts[b + 1] - 1].
struct Batches {
  std::vector<int32_t> sequences;  // a permutation of 0 .. n - 1
  std::vector<int32_t> starts;     // [batches + 1], starts[0] == 0

  [[nodiscard]] std::size_t size() const noexcept { return starts.empty() ? 0 : starts.size() - 1; }
  [[nodiscard]] std::span<const int32_t> operator[](std::size_t batch) const noexcept {
    return std::span(sequences).subspan(
        static_cast<std::size_t>(starts[batch]),
        static_cast<std::size_t>(starts[batch + 1] - starts[batch])
    );
  }
};

/// Deals sequences of these lengths (in tokens) to batches. Where whole batches run side by side
/// and the tokens would fill fewer than plan.threads of them, batches are made smaller so that
/// every thread gets one.
MARTLET_API Batches form_batches(std::span<const int32_t> lengths, const BatchPlan& plan);

}  // namespace martlet
