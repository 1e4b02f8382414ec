// A list of requests through the links that stand in them: no allocation, and any request leaves in
// constant time.
#pragma once

#include "martlet/scheduler_core.h"

namespace martlet {

template <RequestLinks SchedulerRequest::* Links>
class RequestList {
 public:
  [[nodiscard]] bool empty() const noexcept { return front_ == nullptr; }
  [[nodiscard]] SchedulerRequest* front() const noexcept { return front_; }
  [[nodiscard]] static SchedulerRequest* next(const SchedulerRequest* request) noexcept {
    return (request->*Links).next;
  }

  void push_back(SchedulerRequest* request) noexcept { insert(request, back_, nullptr); }

  void remove(SchedulerRequest* request) noexcept {
    const RequestLinks links = request->*Links;
    (links.previous == nullptr ? front_ : (links.previous->*Links).next) = links.next;
    (links.next == nullptr ? back_ : (links.next->*Links).previous) = links.previous;
    request->*Links = {};
  }

  /// `substitute` takes the place that `request` has.
  void replace(SchedulerRequest* request, SchedulerRequest* substitute) noexcept {
    const RequestLinks links = request->*Links;
    remove(request);
    insert(substitute, links.previous, links.next);
  }

 private:
  void insert(
      SchedulerRequest* request, SchedulerRequest* previous, SchedulerRequest* next
  ) noexcept {
    request->*Links = {previous, next};
    (previous == nullptr ? front_ : (previous->*Links).next) = request;
    (next == nullptr ? back_ : (next->*Links).previous) = request;
  }

  SchedulerRequest* front_ = nullptr;
  SchedulerRequest* back_ = nullptr;
};

}  // namespace martlet
