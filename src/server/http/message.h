// What a route gets and what it answers: HTTP without sockets. The transport makes the Responder;
// tests use the one of capture.h.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace martlet {

/// Name and value pairs in the order they came; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) {
    if (entries_.empty()) entries_.reserve(kUsual);
    entries_.emplace_back(std::move(name), std::move(value));
  }

  /// The first value of that name, or null.
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;

  /// As find, but an absent header is an empty value.
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;

  [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
  [[nodiscard]] auto end() const noexcept { return entries_.end(); }

 private:
  static constexpr std::size_t kUsual = 8;

  std::vector<std::pair<std::string, std::string>> entries_;
};

/// Whether `c` is an ASCII letter or digit.
bool is_alphanumeric(char c) noexcept;

/// Whether two ASCII words are equal but for case.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

struct HttpRequest {
  std::string method{};  // "GET", "POST", ...; HEAD goes to the handler of GET
  std::string path{};    // as sent, without the query, e.g. "/v2/models/my%20model/infer"
  std::string query{};   // after the '?', as sent
  Headers headers{};
  std::string body{};    // whole, and already decompressed
  std::string id{};      // X-Request-Id, or one made by the server; echoed in the response
  std::string client{};  // the peer's address, for the log
  std::chrono::steady_clock::time_point received{};
  std::vector<std::pair<std::string, std::string>> path_parameters{};  // decoded, by the router

  /// The value of {name} in the route's pattern; empty when the pattern has no such name.
  [[nodiscard]] std::string_view path_parameter(std::string_view name) const noexcept;
};

/// Where the time of an answer went, for traces; zero: not known.
struct HttpPhases {
  std::chrono::nanoseconds tokenize{0};
  std::chrono::nanoseconds queue{0};
  std::chrono::nanoseconds run{0};
  int batch_texts = 0;
  int batch_tokens = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  HttpPhases phases{};
};

/// Where a response goes: one connection of the transport, or a test. Every function may be called
/// from any thread, by one thread at a time.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void routed(std::string_view) noexcept {}
  virtual void send(HttpResponse&& response) = 0;
  virtual void start(HttpResponse&& head) = 0;
  virtual void write(std::string&& chunk) = 0;
  virtual void finish() = 0;
  /// Nobody will answer any more: 500, or the end of the connection when the answer has begun.
  virtual void abandon() noexcept = 0;
  [[nodiscard]] virtual bool client_gone() const noexcept = 0;
  virtual void on_client_gone(std::function<void()> callback) = 0;
};

/// The right, and the duty, to answer one request: `send` once, or `start`, any number of `write`,
/// and `finish`. From any thread, by one thread at a time. A request dropped unanswered gets a 500;
/// a stream dropped unfinished ends the connection, so that the client sees that it is cut.
class Responder {
 public:
  Responder() = default;
  explicit Responder(std::shared_ptr<ResponseSink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&& other) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder() { abandon(); }

  /// The whole answer. Content-Length, Date, X-Request-Id and compression are the transport's.
  void send(HttpResponse response);

  /// The head of an answer of unknown length; `head.body` is its first chunk.
  void start(HttpResponse head);
  void write(std::string chunk);
  void finish();

  /// Whether the client has closed the connection: what is still queued need not be computed.
  [[nodiscard]] bool client_gone() const noexcept { return sink_ && sink_->client_gone(); }

  /// Calls `callback` at most once, on an I/O thread (or at once), when the client goes away before
  /// its answer was complete. It must be short and must not own this Responder.
  void on_client_gone(std::function<void()> callback);

  /// The router says which pattern matched; `pattern` must live as long as the router.
  void routed(std::string_view pattern) noexcept {
    if (sink_) sink_->routed(pattern);
  }

  /// Whether the answer is still owed.
  [[nodiscard]] bool pending() const noexcept { return sink_ != nullptr; }

 private:
  void abandon() noexcept;

  std::shared_ptr<ResponseSink> sink_;  // null once answered
};

/// Answers one request, now or later; runs on an I/O thread and must not block or compute there.
using Handler = std::function<void(HttpRequest&&, Responder&&)>;

/// Answers for a handler that would refuse the request whatever it says, such as one whose queue is
/// full; sees no more than the header and the bytes of the body. Runs on an I/O thread, for every
/// request, and must cost next to nothing.
using Gate =
    std::function<std::optional<HttpResponse>(const Headers& headers, std::string_view body)>;

/// The reason phrase of a status code, e.g. "Not Found". Static storage.
std::string_view reason_phrase(int status) noexcept;

}  // namespace martlet
