// A Responder without a connection: what a route answered, for tests.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "server/http/message.h"

namespace martlet {

/// Keeps one answer; a stream's chunks are joined in the body.
class ResponseCapture final : public ResponseSink {
 public:
  void send(HttpResponse&& response) override { end(std::move(response)); }
  void start(HttpResponse&& head) override {
    const std::lock_guard lock(mutex_);
    response_ = std::move(head);
  }
  void write(std::string&& chunk) override {
    const std::lock_guard lock(mutex_);
    response_.body += chunk;
  }
  void finish() override {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  void abandon() noexcept override { end({.status = 500}); }
  [[nodiscard]] bool client_gone() const noexcept override {
    const std::lock_guard lock(mutex_);
    return gone_;
  }
  void on_client_gone(std::function<void()> callback) override {
    const std::lock_guard lock(mutex_);
    on_gone_ = std::move(callback);
  }

  /// What the transport would tell the route when the client closes its connection.
  void leave() {
    std::function<void()> callback;
    {
      const std::lock_guard lock(mutex_);
      gone_ = true;
      callback = std::exchange(on_gone_, nullptr);
    }
    if (callback) callback();
  }

  /// Blocks until the answer is complete.
  HttpResponse wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    return response_;
  }

 private:
  void end(HttpResponse&& response) {
    const std::lock_guard lock(mutex_);
    response_ = std::move(response);
    done_ = true;
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  HttpResponse response_;
  bool done_ = false;
  bool gone_ = false;
  std::function<void()> on_gone_;
};

/// Sends one request through a router and waits for the answer.
template <class RouterType>
HttpResponse answer(const RouterType& router, HttpRequest request) {
  const auto capture = std::make_shared<ResponseCapture>();
  router.dispatch(std::move(request), Responder(capture));
  return capture->wait();
}

}  // namespace martlet
