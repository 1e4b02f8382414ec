// A client for tests that says exactly the bytes it is told, over loopback.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/message.h"

namespace martlet {

struct RawAnswer {
  int status = 0;  // 0: the connection ended instead
  Headers headers;
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { leave(); }

  [[nodiscard]] bool connected() const { return connected_; }

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void stop_saying() { ::shutdown(socket_, SHUT_WR); }

  void leave() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  /// The next answer, interim ones left out unless `interim`.
  RawAnswer hear(bool without_body = false, bool interim = false) {
    RawAnswer answer;
    std::size_t head_end = 0;
    while ((head_end = input_.find("\r\n\r\n")) == input_.npos) {
      if (!read_more()) return answer;
    }
    std::string head = input_.substr(0, head_end + 2);
    input_.erase(0, head_end + 4);
    parse_head(head, answer);
    if (answer.status == 100) return interim ? answer : hear(without_body);
    if (without_body || answer.status == 204) return answer;
    if (answer.headers.get("Transfer-Encoding") == "chunked") {
      read_chunks(answer.body);
    } else if (const std::string* size = answer.headers.find("Content-Length")) {
      answer.body = take(std::stoul(*size));
    } else {
      while (read_more()) {
      }
      answer.body = std::exchange(input_, {});
    }
    return answer;
  }

  /// Whether the server closes within `patience`; anything it still says is dropped.
  bool is_closed(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
      if (wait_readable(std::chrono::milliseconds(10)) && !read_more()) return true;
    }
    return false;
  }

 private:
  bool wait_readable(std::chrono::milliseconds patience) const {
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) > 0;
  }

  bool read_more() {
    char bytes[16 << 10];
    if (!wait_readable(std::chrono::seconds(20))) return false;
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  std::string take(std::size_t size) {
    while (input_.size() < size && read_more()) {
    }
    std::string taken = input_.substr(0, size);
    input_.erase(0, taken.size());
    return taken;
  }

  std::string take_line() {
    std::size_t end = 0;
    while ((end = input_.find("\r\n")) == input_.npos && read_more()) {
    }
    std::string line = take(end + 2);
    line.resize(line.size() < 2 ? 0 : line.size() - 2);
    return line;
  }

  void read_chunks(std::string& body) {
    while (true) {
      const std::string line = take_line();
      std::size_t size = 0;
      std::from_chars(line.data(), line.data() + line.size(), size, 16);
      body += take(size);
      take_line();
      if (size == 0) return;
    }
  }

  static void parse_head(std::string_view head, RawAnswer& answer) {
    std::from_chars(head.data() + 9, head.data() + 12, answer.status);
    while (true) {
      head.remove_prefix(head.find("\r\n") + 2);
      const std::string_view line = head.substr(0, head.find("\r\n"));
      const std::size_t colon = line.find(": ");
      if (colon == line.npos) return;
      answer.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
    }
  }

  int socket_;
  bool connected_ = false;
  std::string input_;
};

}  // namespace martlet
