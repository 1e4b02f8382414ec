#include "scheduler/ticket_table.h"

namespace martlet {

Ticket TicketTable::add(SchedulerRequest* request) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back({});
    free_.reserve(entries_.capacity());  // so that remove() never allocates
  }
  const Ticket ticket{next_id_++, free_.back()};
  free_.pop_back();
  entries_[ticket.slot] = {request, ticket.id};
  request->slot = ticket.slot;
  request->trace.id = ticket.id;
  return ticket;
}

SchedulerRequest* TicketTable::find(const Ticket& ticket) const noexcept {
  if (ticket.slot >= entries_.size()) return nullptr;
  const Entry& entry = entries_[ticket.slot];
  return entry.id == ticket.id ? entry.request : nullptr;
}

void TicketTable::remove(const SchedulerRequest& request) {
  entries_[request.slot] = {};
  free_.push_back(request.slot);
}

}  // namespace martlet
