#include "scheduler/isolate.h"

namespace martlet {

int run_isolated(SchedulerWork& work, std::span<SchedulerRequest* const> batch) {
  const Status status = work.run(batch);
  if (status.ok() || batch.size() == 1 || status.code() == StatusCode::kUnavailable) {
    for (SchedulerRequest* request : batch) request->outcome = status;
    return 1;
  }
  const std::size_t half = batch.size() / 2;
  return 1 + run_isolated(work, batch.first(half)) + run_isolated(work, batch.subspan(half));
}

}  // namespace martlet
