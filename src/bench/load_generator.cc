#include "bench/load_generator.h"

#include <sys/resource.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <deque>
#include <memory>
#include <random>

#include "core/error.h"

namespace martlet {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr auto kAfterFailure = std::chrono::milliseconds(10);
constexpr auto kBetweenLooks = std::chrono::milliseconds(20);  // for answers that do not come
constexpr std::uint64_t kLargestAnswer = 64 << 20;

TimePoint now() { return std::chrono::steady_clock::now(); }

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double retry_after(const http::response<http::string_body>& response) {
  const auto value = response[http::field::retry_after];
  double seconds = 0;
  std::from_chars(value.data(), value.data() + value.size(), seconds);
  return seconds;
}

class Load {
 public:
  Load(tcp::endpoint server, const std::vector<std::string>& requests, const LoadOptions& options)
      : server_(std::move(server)),
        requests_(requests),
        options_(options),
        random_(options.seed),
        next_request_(random_() % requests.size()),
        pace_(io_),
        stop_(io_),
        begin_(now() + options.warm_up),
        end_(begin_ + options.duration),
        recorder_(begin_, end_) {}

  LoadReport run() {
    if (options_.rate > 0) {
      asio::co_spawn(io_, arrivals(), asio::detached);
    } else {
      for (int i = 0; i < options_.connections; ++i) open();
    }
    asio::co_spawn(io_, watch(), asio::detached);
    asio::co_spawn(io_, stop_at_the_end(), asio::detached);
    io_.run();
    for (const TimePoint due : due_) recorder_.error(due, "not sent in time");
    for (const auto& connection : connections_) {
      if (connection->busy) recorder_.error(connection->due, "no answer in time");
    }
    LoadReport report = recorder_.report();
    report.cpu_seconds = cpu_at_end_ - cpu_at_begin_;
    return report;
  }

 private:
  struct Connection {
    explicit Connection(asio::io_context& io) : socket(io), wake(io, TimePoint::max()) {}
    tcp::socket socket;
    asio::steady_timer wake;  // cancelled when there is something to send
    beast::flat_buffer buffer;
    bool open = false;
    bool busy = false;
    TimePoint due;
    TimePoint give_up;  // while it is busy
  };

  /// Makes requests due, until the end.
  asio::awaitable<void> arrivals() {
    std::exponential_distribution<double> gap(options_.rate);
    TimePoint due = now();
    for (;;) {
      due += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * gap(random_)));
      if (due >= end_) co_return;
      if (due > now()) {
        pace_.expires_at(due + options_.pacing);
        co_await pace_.async_wait(asio::use_awaitable);
      }
      due_.push_back(due);
      wake_one();
    }
  }

  /// The connection used last, so that few are used while the server keeps up; or a new one.
  void wake_one() {
    if (!idle_.empty()) {
      idle_.back()->wake.cancel();
      idle_.pop_back();
    } else if (connections_.size() < static_cast<std::size_t>(options_.connections)) {
      open();
    }
  }

  void open() {
    connections_.push_back(std::make_unique<Connection>(io_));
    asio::co_spawn(io_, serve(*connections_.back()), asio::detached);
  }

  asio::awaitable<void> serve(Connection& connection) {
    for (;;) {
      if (options_.rate > 0) {
        while (due_.empty()) co_await wait(connection);
        connection.due = due_.front();
        due_.pop_front();
      } else {
        connection.due = now();
        if (connection.due >= end_) co_return;
      }
      connection.busy = true;
      co_await exchange(connection);
      connection.busy = false;
      if (!connection.open) co_await pause();
    }
  }

  asio::awaitable<void> wait(Connection& connection) {
    idle_.push_back(&connection);
    connection.wake.expires_at(TimePoint::max());
    error_code ignored;
    co_await connection.wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  asio::awaitable<void> pause() {
    asio::steady_timer timer(io_, kAfterFailure);
    co_await timer.async_wait(asio::use_awaitable);
  }

  /// Sends one request and reads its answer, over a new connection where there is none.
  asio::awaitable<void> exchange(Connection& connection) {
    error_code failure;
    const auto result = [&failure] { return asio::redirect_error(asio::use_awaitable, failure); };
    tcp::socket& socket = connection.socket;
    connection.give_up = now() + options_.timeout;
    if (!connection.open) {
      connection.buffer.clear();
      co_await socket.async_connect(server_, result());
      if (failure) co_return fail(connection, "connect: " + failure.message());
      socket.set_option(tcp::no_delay(true));
      socket.non_blocking(true);
      connection.open = true;
    }
    LoadAnswer answer{.due = connection.due, .sent = now(), .answered = {}};
    const std::string& request = requests_[next_request_];
    next_request_ = (next_request_ + 1) % requests_.size();
    // There is nearly always room for a whole request, and then no event is needed.
    const std::size_t sent = socket.write_some(asio::buffer(request), failure);
    if (failure == asio::error::would_block || (!failure && sent < request.size()))
      co_await asio::async_write(socket, asio::buffer(request) + sent, result());
    if (failure) co_return fail(connection, "write: " + failure.message());

    http::response_parser<http::string_body> parser;
    parser.body_limit(kLargestAnswer);
    co_await http::async_read(socket, connection.buffer, parser, result());
    if (failure) co_return fail(connection, "read: " + failure.message());
    answer.answered = now();
    answer.status = parser.get().result_int();
    answer.retry_after = retry_after(parser.get());
    recorder_.answer(answer);
    if (!parser.keep_alive()) close(connection);
  }

  void fail(Connection& connection, const std::string& what) {
    recorder_.error(connection.due, what);
    close(connection);
  }

  static void close(Connection& connection) {
    error_code ignored;
    connection.socket.close(ignored);
    connection.open = false;
  }

  /// Ends what waits too long for an answer. One timer for all costs less than one for each.
  asio::awaitable<void> watch() {
    asio::steady_timer timer(io_);
    for (;;) {
      timer.expires_after(kBetweenLooks);
      co_await timer.async_wait(asio::use_awaitable);
      for (const auto& connection : connections_) {
        error_code ignored;
        if (connection->busy && connection->give_up <= now()) connection->socket.close(ignored);
      }
    }
  }

  asio::awaitable<void> stop_at_the_end() {
    stop_.expires_at(begin_);
    co_await stop_.async_wait(asio::use_awaitable);
    cpu_at_begin_ = cpu_seconds();
    stop_.expires_at(end_);
    co_await stop_.async_wait(asio::use_awaitable);
    cpu_at_end_ = cpu_seconds();
    const TimePoint last = now() + options_.timeout;
    while (now() < last && in_flight()) {
      stop_.expires_after(kAfterFailure);
      co_await stop_.async_wait(asio::use_awaitable);
    }
    io_.stop();
  }

  bool in_flight() const {
    if (!due_.empty()) return true;
    for (const auto& connection : connections_) {
      if (connection->busy) return true;
    }
    return false;
  }

  const tcp::endpoint server_;
  const std::vector<std::string>& requests_;
  const LoadOptions options_;
  std::mt19937_64 random_;
  std::size_t next_request_;
  asio::io_context io_{1};
  asio::steady_timer pace_;
  asio::steady_timer stop_;
  const TimePoint begin_;
  const TimePoint end_;
  LoadRecorder recorder_;
  std::deque<TimePoint> due_;  // and not sent
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
  double cpu_at_begin_ = 0;
  double cpu_at_end_ = 0;
};

/// The server's address, once it has taken a connection.
Result<tcp::endpoint> reach(const LoadTarget& target) {
  asio::io_context io;
  tcp::resolver resolver(io);
  error_code failure;
  const auto found = resolver.resolve(target.host, std::to_string(target.port), failure);
  if (failure) {
    return error(
        StatusCode::kUnavailable, "bench serve", "host '{}': {}", target.host, failure.message()
    );
  }
  for (const auto& entry : found) {
    if (!entry.endpoint().address().is_loopback()) {
      return error(
          StatusCode::kInvalidArgument, "bench serve",
          "host, got '{}', expected an address of this machine (127.0.0.1)", target.host
      );
    }
    tcp::socket socket(io);
    socket.connect(entry.endpoint(), failure);
    if (!failure) return entry.endpoint();
  }
  return error(
      StatusCode::kUnavailable, "bench serve", "{}:{}: {}", target.host, target.port,
      failure.message()
  );
}

}  // namespace

Result<LoadReport> run_load(
    const LoadTarget& target, const std::vector<std::string>& requests, const LoadOptions& options
) {
  if (requests.empty()) return error(StatusCode::kInvalidInput, "bench serve", "got no texts");
  const auto server = reach(target);
  if (!server) return server.error();
  return Load(*server, requests, options).run();
}

}  // namespace martlet
