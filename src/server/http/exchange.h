// One request and its answer on a connection: the ResponseSink of the transport. Any thread
// answers; what it writes is handed to the connection's I/O thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/content_coding.h"
#include "server/http/message.h"
#include "server/http/observer.h"

namespace martlet {

class Connection;

/// What the answer needs to know of its request.
struct ExchangeFacts {
  std::string method;
  std::string path;
  std::string id;
  std::string traceparent;  // valid, or empty
  std::string_view allow_origin;
  ContentCoding accepts = ContentCoding::kIdentity;
  bool keep_alive = true;
  bool http11 = true;
  std::size_t bytes_in = 0;
  std::chrono::steady_clock::time_point received{};
};

class Exchange final : public ResponseSink, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<Connection> connection, ExchangeFacts facts);

  // From any thread.
  void routed(std::string_view pattern) noexcept override { route_ = pattern; }
  void send(HttpResponse&& response) override;
  void start(HttpResponse&& head) override;
  void write(std::string&& chunk) override;
  void finish() override;
  void abandon() noexcept override;
  [[nodiscard]] bool client_gone() const noexcept override { return gone_.load(); }
  void on_client_gone(std::function<void()> callback) override;

  // The rest on the connection's I/O thread.

  /// The bytes that may be written now; the first one may be written in part.
  [[nodiscard]] std::span<const std::string> pieces() const noexcept {
    return std::span(pieces_).subspan(written_);
  }
  [[nodiscard]] std::string_view first_piece() const noexcept {
    return std::string_view(pieces_[written_]).substr(offset_);
  }

  /// Drops up to `size` written bytes; returns how many were not its own.
  std::size_t consume(std::size_t size);

  /// Whether nothing will follow `pieces`.
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
  [[nodiscard]] bool begun() const noexcept { return bytes_out_ != 0 || !pieces().empty(); }
  [[nodiscard]] const ExchangeFacts& facts() const noexcept { return facts_; }

  /// The whole answer is written.
  void end();
  /// The connection is gone; tells the route, once.
  void leave();

 private:
  [[nodiscard]] bool has_no_body(int status) const;
  [[nodiscard]] std::string head_of(const HttpResponse& response, std::size_t size, bool stream);
  void deposit(std::string&& head, std::string&& body);
  void post_piece(std::string&& piece, bool last);
  void accept_head(std::string&& head);
  void accept(std::string&& piece);
  void record(int status) const;

  const std::shared_ptr<Connection> connection_;
  const ExchangeFacts facts_;
  std::string_view route_;
  int status_ = 0;
  HttpPhases phases_;
  bool started_ = false;   // a stream has begun
  bool headless_ = false;  // an answer without a body, to HEAD for instance
  std::chrono::steady_clock::time_point answered_{};

  std::atomic<bool> gone_{false};
  std::mutex mutex_;
  std::function<void()> on_gone_;

  std::vector<std::string> pieces_;
  std::size_t written_ = 0;  // of pieces_, whole
  std::size_t offset_ = 0;   // in the first one that is not
  std::size_t bytes_out_ = 0;
  bool complete_ = false;
  bool keep_alive_ = true;
};

}  // namespace martlet
