// One thread of the transport: an event loop and the connections that live on it.
#pragma once

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <unordered_set>
#include <vector>

#include "core/socket_events.h"
#include "martlet/status.h"

namespace martlet {

class Connection;

class IoThread {
 public:
  /// kResourceExhausted without a file descriptor to spare.
  static Result<std::unique_ptr<IoThread>> make();

  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  ~IoThread();

  void start();

  /// Closes every connection and ends the thread.
  void stop();

  boost::asio::io_context& context() noexcept { return context_; }

  /// Runs `task` on this thread, at once when it is the caller.
  void run(std::function<void()> task);

  // The rest only on this thread.

  /// Connections that come now are not served any more.
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }

  /// Where connections hear what is new on their sockets.
  SocketEvents& sockets() noexcept { return *sockets_; }

  /// Where connections read into, so that an idle one owns no buffer.
  std::span<char> scratch() noexcept { return scratch_; }

  /// A request was refused because there are too many. While that goes on the thread pauses for
  /// some milliseconds between two looks at its sockets: a refusal costs little when many are
  /// written at once, and much when each takes the processor from the work that is accepted.
  void refused() noexcept { refused_ = true; }

  /// Whether one was, at this look or the last.
  [[nodiscard]] bool refusing() const noexcept { return refused_ || refusing_; }

  /// A connection's deadline is now `time`: `give_up` follows when it has passed.
  void expect(std::chrono::steady_clock::time_point time) noexcept {
    earliest_ = std::min(earliest_, time);
  }

  void add(Connection& connection) { connections_.insert(&connection); }
  void remove(Connection& connection) { connections_.erase(&connection); }

  /// Calls `visit` for every connection; it may close connections.
  void for_each(const std::function<void(Connection&)>& visit);

 private:
  explicit IoThread(std::unique_ptr<SocketEvents> sockets);

  void loop();
  void watch_sockets();
  void sweep();
  void end_late(std::chrono::steady_clock::time_point now);

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_{context_};
  const std::unique_ptr<SocketEvents> sockets_;
  boost::asio::posix::stream_descriptor news_;  // of sockets_: readable when it has something
  std::vector<char> scratch_;
  std::unordered_set<Connection*> connections_;
  /// No connection is late before; thousands of them are not looked at ten times a second.
  std::chrono::steady_clock::time_point earliest_ = std::chrono::steady_clock::time_point::max();
  bool stopping_ = false;
  bool refused_ = false;   // at this look
  bool refusing_ = false;  // at the last
  std::thread thread_;
};

}  // namespace martlet
