#include "core/socket_events.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::size_t kAtOnce = 256;

}  // namespace

Result<std::unique_ptr<SocketEvents>> SocketEvents::open() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll >= 0) return std::unique_ptr<SocketEvents>(new SocketEvents(epoll));
  return error(
      StatusCode::kResourceExhausted, "sockets", "cannot wait for them: {}", std::strerror(errno)
  );
}

SocketEvents::~SocketEvents() { ::close(epoll_); }

bool SocketEvents::add(int socket, std::shared_ptr<Listener> listener) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= listeners_.size()) listeners_.resize(2 * index + 1);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.fd = socket;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) return false;
  listeners_[index] = std::move(listener);
  return true;
}

void SocketEvents::remove(int socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= listeners_.size() || !listeners_[index]) return;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
  listeners_[index].reset();
}

void SocketEvents::dispatch() {
  std::array<epoll_event, kAtOnce> events{};
  int count = 0;
  do {
    count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      tell(event.data.fd, event.events);
    }
  } while (count == static_cast<int>(events.size()));
}

void SocketEvents::tell(int socket, std::uint32_t events) {
  // A copy: it may be removed by what it does, or have been by a listener before it.
  const auto listener = listeners_[static_cast<std::size_t>(socket)];
  if (!listener) return;
  listener->on_news({
      .readable = (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
      .writable = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0,
      .input_over = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
      .broken = (events & (EPOLLHUP | EPOLLERR)) != 0,
  });
}

}  // namespace martlet
