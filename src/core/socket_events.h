// Which of many sockets have something new: one system call for all of them, and none to go on
// waiting. (epoll, edge-triggered. An event loop that arms a socket anew for every wait makes a
// system call for each.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "martlet/status.h"

namespace martlet {

/// For one thread. Sockets stay their owners', who close them.
class SocketEvents {
 public:
  /// What has happened since the last call, and may have ended again.
  struct News {
    bool readable = false;  // also at the end of input
    bool writable = false;
    bool input_over = false;  // the peer sends no more: after what can be read comes the end
    bool broken = false;      // no way to send either: reset, refused, or closed from both sides
  };

  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_news(const News& news) = 0;
  };

  /// kResourceExhausted without a file descriptor to spare.
  static Result<std::unique_ptr<SocketEvents>> open();

  SocketEvents(const SocketEvents&) = delete;
  SocketEvents& operator=(const SocketEvents&) = delete;
  ~SocketEvents();

  /// From now on `listener` hears of `socket`: first of how it is now, then of each change, such as
  /// bytes behind those that were there, or room again after a write that found none. False when
  /// the system refuses.
  bool add(int socket, std::shared_ptr<Listener> listener);

  /// Before `socket` is closed. The listener hears nothing more and is let go. One that was never
  /// added may be removed.
  void remove(int socket);

  /// Tells the listeners what is new, without waiting. They may add and remove sockets.
  void dispatch();

  /// Is readable while there is something to dispatch: for another event loop to wait on.
  [[nodiscard]] int descriptor() const noexcept { return epoll_; }

 private:
  explicit SocketEvents(int epoll) : epoll_(epoll) {}

  void tell(int socket, std::uint32_t events);

  int epoll_;
  std::vector<std::shared_ptr<Listener>> listeners_;  // by file descriptor
};

}  // namespace martlet
