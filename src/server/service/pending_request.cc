#include "server/service/pending_request.h"

#include <utility>

namespace martlet {

void CancellableRequest::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (!closed_ && canceller_) canceller_();
}

bool CancellableRequest::cancelled() const {
  const std::lock_guard lock(mutex_);
  return cancelled_;
}

void CancellableRequest::set_canceller(std::function<void()> canceller) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  if (cancelled_) return canceller();
  canceller_ = std::move(canceller);
}

bool CancellableRequest::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  canceller_ = nullptr;
  return !cancelled_;
}

}  // namespace martlet
