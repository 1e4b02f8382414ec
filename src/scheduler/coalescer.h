// Which requests wait for the computation of an identical one.
//
// The first request with a key leads: it stands in the queue and runs. Later ones follow it until
// it is answered. A leader that goes away before it runs hands its place to a follower. Requests
// without a key are nobody's business: every call takes them and does nothing.
#pragma once

#include <string>
#include <unordered_map>

#include "martlet/scheduler_core.h"
#include "scheduler/request_list.h"

namespace martlet {

class Coalescer {
 public:
  using Followers = RequestList<&SchedulerRequest::by_arrival>;

  /// The request that leads those with this key, or null.
  [[nodiscard]] SchedulerRequest* leader(const std::string& key) const;
  /// `request` leads its key from now on; who led before becomes its follower.
  void lead(SchedulerRequest* request);
  void follow(SchedulerRequest* request);
  /// `request` was following.
  void leave(SchedulerRequest* request);
  /// The leader goes: its first follower leads and is returned, null if there is none.
  SchedulerRequest* hand_over(SchedulerRequest* leader);
  /// Forgets the leader's key and returns who followed it.
  Followers dissolve(const SchedulerRequest& leader);
  [[nodiscard]] Followers followers(const SchedulerRequest& leader) const;

 private:
  struct Group {
    SchedulerRequest* leader = nullptr;
    Followers followers;
  };
  std::unordered_map<std::string, Group> groups_;
};

}  // namespace martlet
