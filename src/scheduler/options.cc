#include "core/error.h"
#include "martlet/scheduling.h"

namespace martlet {
namespace {

Status expect(bool fine, std::string_view what, std::int64_t got, std::string_view expected) {
  if (fine) return {};
  return error(
      StatusCode::kInvalidArgument, "scheduler", "{}, got {}, expected {}", what, got, expected
  );
}

constexpr std::int32_t kMaxWorkers = 1024;

}  // namespace

Status check(const SchedulerOptions& options) {
  const auto positive = [](std::string_view what, std::int64_t value) {
    return expect(value >= 1, what, value, "at least 1");
  };
  const auto time = [](std::string_view what, std::chrono::nanoseconds value) {
    return expect(value.count() >= 0, what, value.count(), "no negative time");
  };
  MARTLET_RETURN_IF_ERROR(positive("max_batch_tokens", options.max_batch_tokens));
  MARTLET_RETURN_IF_ERROR(positive("max_batch_requests", options.max_batch_requests));
  MARTLET_RETURN_IF_ERROR(positive("max_queued_tokens", options.max_queued_tokens));
  MARTLET_RETURN_IF_ERROR(positive("max_queued_requests", options.max_queued_requests));
  MARTLET_RETURN_IF_ERROR(expect(
      options.workers >= 1 && options.workers <= kMaxWorkers, "workers", options.workers,
      "1 to 1024"
  ));
  for (const std::int32_t share : options.shares) MARTLET_RETURN_IF_ERROR(positive("share", share));
  MARTLET_RETURN_IF_ERROR(time("max_queue_time", options.max_queue_time));
  MARTLET_RETURN_IF_ERROR(time("max_wait", options.max_wait));
  MARTLET_RETURN_IF_ERROR(time("aging", options.aging));
  return time("spin", options.spin);
}

std::string_view to_string(Priority priority) noexcept {
  switch (priority) {
    case Priority::kInteractive:
      return "interactive";
    case Priority::kNormal:
      return "normal";
    case Priority::kBulk:
      return "bulk";
  }
  return "unknown";
}

std::string_view to_string(RefusalReason reason) noexcept {
  switch (reason) {
    case RefusalReason::kQueueFull:
      return "queue_full";
    case RefusalReason::kTooSlow:
      return "too_slow";
    case RefusalReason::kTooLarge:
      return "too_large";
    case RefusalReason::kStopped:
      return "stopped";
    case RefusalReason::kExpired:
      return "expired";
    case RefusalReason::kInvalid:
      return "invalid";
  }
  return "unknown";
}

std::string_view to_string(ReleaseReason reason) noexcept {
  switch (reason) {
    case ReleaseReason::kNone:
      return "none";
    case ReleaseReason::kFull:
      return "full";
    case ReleaseReason::kIdle:
      return "idle";
    case ReleaseReason::kMaxWait:
      return "max_wait";
    case ReleaseReason::kDeadline:
      return "deadline";
    case ReleaseReason::kDrain:
      return "drain";
  }
  return "unknown";
}

}  // namespace martlet
