#include "bench/load_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/socket_io.h"

namespace martlet {
namespace {

using SteadyClock = std::chrono::steady_clock;

int new_socket(int family) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (socket >= 0) ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

int take_error(int socket) {
  int code = 0;
  socklen_t size = sizeof code;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

}  // namespace

void LoadConnection::ask(std::string_view request, TimePoint due) {
  busy_ = true;
  due_ = due;
  asked_ = sent_ = SteadyClock::now();
  unsent_ = request;
  reader_.reset();
  if (socket_ >= 0) return send();
  if (!open()) fail("connect", std::strerror(errno));
}

bool LoadConnection::open() {
  socket_ = new_socket(place_.server.protocol().family());
  if (socket_ < 0) return false;
  connecting_ = true;
  const bool begun =
      ::connect(socket_, place_.server.data(), static_cast<socklen_t>(place_.server.size())) == 0 ||
      errno == EINPROGRESS;
  return begun && place_.sockets.add(socket_, shared_from_this());
}

void LoadConnection::on_news(const SocketEvents::News& news) {
  if (connecting_) {
    if (news.writable) connected();
    return;
  }
  if (news.writable && !unsent_.empty()) send();
  if (news.readable && busy_) read_now();
  // The server may end a connection that nobody uses: the next request opens another.
  if (news.input_over && !busy_) close();
}

void LoadConnection::connected() {
  connecting_ = false;
  if (const int code = take_error(socket_); code != 0) return fail("connect", std::strerror(code));
  sent_ = SteadyClock::now();
  send();
}

/// There is nearly always room for a whole request; else there will be news.
void LoadConnection::send() {
  const ssize_t sent = send_some(socket_, unsent_);
  if (sent >= 0) {
    unsent_.remove_prefix(static_cast<std::size_t>(sent));
  } else if (!would_block()) {
    fail("write", std::strerror(errno));
  }
}

/// All that is there: there will be news of more.
void LoadConnection::read_now() {
  while (busy_) {
    const std::span<char> scratch = place_.scratch;
    const ssize_t got = receive_some(socket_, scratch);
    if (got < 0 && would_block()) return;
    if (got < 0) return fail("read", std::strerror(errno));
    if (got == 0) return reader_.read_end() ? finish() : fail("read", "the server hung up");
    const auto size = static_cast<std::size_t>(got);
    const auto done = reader_.read({scratch.data(), size});
    if (!done) return fail("read", done.error().message());
    if (*done) return finish();
  }
}

void LoadConnection::finish() {
  const LoadAnswer answer{
      .due = due_,
      .sent = sent_,
      .answered = SteadyClock::now(),
      .status = reader_.status(),
      .retry_after = reader_.retry_after(),
  };
  if (!reader_.keep_alive()) close();
  busy_ = false;
  place_.owner.on_answer(*this, answer);
}

void LoadConnection::fail(std::string_view where, std::string_view what) {
  const std::string why = std::string(where) + ": " + std::string(what);
  close();
  busy_ = false;
  place_.owner.on_failure(*this, why);
}

void LoadConnection::close() {
  if (socket_ < 0) return;
  place_.sockets.remove(socket_);
  ::close(std::exchange(socket_, -1));
  connecting_ = false;
  unsent_ = {};
}

}  // namespace martlet
