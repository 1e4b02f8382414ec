#include "martlet/batch_plan.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::array<std::pair<BatchPlan::Order, std::string_view>, 3> kOrders = {{
    {BatchPlan::Order::kSerial, "serial"},
    {BatchPlan::Order::kParallel, "parallel"},
    {BatchPlan::Order::kGrouped, "grouped"},
}};

std::vector<int32_t> run_order(std::span<const int32_t> lengths, BatchPlan::Order order) {
  std::vector<int32_t> sequences(lengths.size());
  std::iota(sequences.begin(), sequences.end(), 0);
  if (order == BatchPlan::Order::kGrouped) {
    std::ranges::sort(sequences, {}, [&](int32_t sequence) {
      return std::pair(-lengths[static_cast<std::size_t>(sequence)], sequence);
    });
  }
  return sequences;
}

/// Tokens that a batch may hold so that every thread that runs whole batches gets one.
int64_t token_budget(std::span<const int32_t> lengths, const BatchPlan& plan) {
  if (plan.order == BatchPlan::Order::kSerial || plan.threads <= 1) return plan.batch_tokens;
  const auto total = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
  return std::min<int64_t>(plan.batch_tokens, (total + plan.threads - 1) / plan.threads);
}

}  // namespace

std::string_view to_string(BatchPlan::Order order) noexcept {
  for (const auto& [value, name] : kOrders)
    if (value == order) return name;
  return "unknown";
}

Result<BatchPlan::Order> parse_order(std::string_view name) {
  for (const auto& [value, known] : kOrders)
    if (known == name) return value;
  return error(
      StatusCode::kInvalidArgument, "plan",
      "unknown plan, got '{}', expected serial, parallel or grouped", name
  );
}

Status check(const BatchPlan& plan) {
  const auto at_least = [](std::string_view what, int32_t got, int32_t least) {
    if (got >= least) return Status();
    return error(
        StatusCode::kInvalidArgument, "plan", "{}, got {}, expected at least {}", what, got, least
    );
  };
  MARTLET_RETURN_IF_ERROR(at_least("tokens of a batch", plan.batch_tokens, 1));
  MARTLET_RETURN_IF_ERROR(at_least("sequences of a batch", plan.batch_sequences, 0));
  MARTLET_RETURN_IF_ERROR(at_least("threads", plan.threads, 0));
  return at_least("texts of a window", plan.window, 1);
}

Batches form_batches(std::span<const int32_t> lengths, const BatchPlan& plan) {
  Batches batches{.sequences = run_order(lengths, plan.order), .starts = {0}};
  const int64_t budget = token_budget(lengths, plan);
  int64_t tokens = 0;
  for (std::size_t next = 0; next < batches.sequences.size(); ++next) {
    const auto position = static_cast<int32_t>(next);
    const int32_t length = lengths[static_cast<std::size_t>(batches.sequences[next])];
    const int32_t in_batch = position - batches.starts.back();
    const bool full =
        tokens + length > budget || (plan.batch_sequences > 0 && in_batch == plan.batch_sequences);
    if (in_batch > 0 && full) {
      batches.starts.push_back(position);
      tokens = 0;
    }
    tokens += length;
  }
  if (!lengths.empty()) batches.starts.push_back(static_cast<int32_t>(lengths.size()));
  return batches;
}

}  // namespace martlet
