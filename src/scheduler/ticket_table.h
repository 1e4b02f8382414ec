// From tickets to the requests they name, while these are unanswered.
#pragma once

#include <cstdint>
#include <vector>

#include "martlet/scheduler_core.h"

namespace martlet {

class TicketTable {
 public:
  /// Gives `request` a number that no other has or had.
  Ticket add(SchedulerRequest* request);
  /// Null when the request has been removed.
  [[nodiscard]] SchedulerRequest* find(const Ticket& ticket) const noexcept;
  void remove(const SchedulerRequest& request);

 private:
  struct Entry {
    SchedulerRequest* request;
    std::uint64_t id;
  };
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::uint64_t next_id_ = 1;
};

}  // namespace martlet
