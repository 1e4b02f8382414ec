#include "scheduler/coalescer.h"

namespace martlet {

SchedulerRequest* Coalescer::leader(const std::string& key) const {
  if (key.empty()) return nullptr;
  const auto group = groups_.find(key);
  return group == groups_.end() ? nullptr : group->second.leader;
}

void Coalescer::lead(SchedulerRequest* request) {
  if (request->options.key.empty()) return;
  Group& group = groups_[request->options.key];
  if (group.leader != nullptr) group.followers.push_back(group.leader);
  group.leader = request;
}

void Coalescer::follow(SchedulerRequest* request) {
  groups_.at(request->options.key).followers.push_back(request);
}

void Coalescer::leave(SchedulerRequest* request) {
  groups_.at(request->options.key).followers.remove(request);
}

SchedulerRequest* Coalescer::hand_over(SchedulerRequest* leader) {
  if (leader->options.key.empty()) return nullptr;
  const auto group = groups_.find(leader->options.key);
  if (group->second.followers.empty()) {
    groups_.erase(group);
    return nullptr;
  }
  group->second.leader = group->second.followers.front();
  group->second.followers.remove(group->second.leader);
  return group->second.leader;
}

Coalescer::Followers Coalescer::dissolve(const SchedulerRequest& leader) {
  const Followers followed = followers(leader);
  if (!leader.options.key.empty()) groups_.erase(leader.options.key);
  return followed;
}

Coalescer::Followers Coalescer::followers(const SchedulerRequest& leader) const {
  if (leader.options.key.empty()) return {};
  return groups_.at(leader.options.key).followers;
}

}  // namespace martlet
