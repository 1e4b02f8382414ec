// Bytes through sockets that do not block. Results are the system's: -1 and errno for a failure.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <span>
#include <string_view>

namespace martlet {

/// `call` again until no signal has interrupted it.
template <class Call>
ssize_t uninterrupted(const Call& call) {
  ssize_t result = -1;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

/// Whether the last call failed only because there was nothing to read, or no room to write.
inline bool would_block() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK; }

/// 0 at the end of input.
inline ssize_t receive_some(int socket, std::span<char> into) {
  return uninterrupted([&] { return ::recv(socket, into.data(), into.size(), 0); });
}

/// A peer that is gone is EPIPE and no signal.
inline ssize_t send_some(int socket, std::string_view bytes) {
  return uninterrupted([&] { return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
}

inline ssize_t send_some(int socket, const msghdr& message) {
  return uninterrupted([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL); });
}

}  // namespace martlet
