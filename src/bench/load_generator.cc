#include "bench/load_generator.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include "bench/load_connection.h"
#include "core/error.h"
#include "core/short_turns.h"
#include "core/socket_events.h"

namespace martlet {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using TimePoint = LoadAnswer::TimePoint;

constexpr auto kAfterFailure = std::chrono::milliseconds(10);
constexpr auto kBetweenLooks = std::chrono::milliseconds(10);  // for the last answers
constexpr int kLooksPerTimeout = 20;                           // for answers that do not come
constexpr std::size_t kScratchBytes = 64 << 10;

TimePoint now() { return std::chrono::steady_clock::now(); }

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Load final : private LoadConnection::Owner {
 public:
  Load(
      std::unique_ptr<SocketEvents> sockets, tcp::endpoint server,
      const std::vector<std::string>& requests, const LoadOptions& options
  )
      : sockets_(std::move(sockets)),
        server_(std::move(server)),
        requests_(requests),
        options_(options),
        random_(options.seed),
        next_request_(random_() % requests.size()),
        scratch_(kScratchBytes),
        begin_(now() + options.warm_up),
        end_(begin_ + options.duration),
        recorder_(begin_, end_) {}

  ~Load() {
    for (const auto& connection : connections_) connection->close();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  LoadReport run() {
    begin();
    watch();
    at(begin_, [this] { cpu_at_begin_ = cpu_seconds(); });
    at(end_, [this] {
      cpu_at_end_ = cpu_seconds();
      last_look_ = end_ + options_.timeout;
      look_for_the_last();
    });
    loop();
    for (const TimePoint due : due_) recorder_.error(due, "not sent in time");
    for (const auto& connection : connections_) {
      if (connection->busy()) recorder_.error(connection->due(), "no answer in time");
    }
    LoadReport report = recorder_.report();
    report.cpu_seconds = cpu_at_end_ - cpu_at_begin_;
    return report;
  }

 private:
  [[nodiscard]] bool is_open_loop() const noexcept { return options_.rate > 0; }

  void begin() {
    if (is_open_loop()) {
      next_due_ = now() + gap();
      if (!is_paced()) arrive_again();
    } else {
      for (int i = 0; i < options_.connections; ++i) go_on(open());
    }
  }

  [[nodiscard]] bool is_paced() const noexcept {
    return is_open_loop() && options_.pacing.count() > 0;
  }

  void loop() {
    if (!is_paced()) {
      asio::posix::stream_descriptor news(io_, sockets_->descriptor());
      hear(news);
      io_.run();
      news.release();  // it is the sockets'
      return;
    }
    while (!io_.stopped()) {
      sockets_->dispatch();
      arrive();
      io_.poll();
      std::this_thread::sleep_for(options_.pacing);
    }
  }

  void hear(asio::posix::stream_descriptor& news) {
    news.async_wait(asio::posix::stream_descriptor::wait_read, [this, &news](error_code failed) {
      if (failed) return;
      sockets_->dispatch();
      hear(news);
    });
  }

  /// Calls `then` at `time`, unless the load ends before.
  void at(TimePoint time, std::function<void()> then) {
    const auto timer = std::make_shared<asio::steady_timer>(io_, time);
    timer->async_wait([timer, then = std::move(then)](error_code) { then(); });
  }

  std::chrono::nanoseconds gap() {
    std::exponential_distribution<double> seconds(options_.rate);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * seconds(random_)));
  }

  /// Makes due what has become so.
  void arrive() {
    const TimePoint until = std::min(now(), end_);
    for (; next_due_ <= until; next_due_ += gap()) make_due(next_due_);
  }

  /// Does so each time, until the end.
  void arrive_again() {
    arrive();
    if (next_due_ >= end_) return;
    arrivals_.expires_at(next_due_);
    arrivals_.async_wait([this](error_code) { arrive_again(); });
  }

  /// Over the connection used last, so that few are used while the server keeps up; or a new one.
  void make_due(TimePoint due) {
    if (!idle_.empty()) {
      LoadConnection& connection = *idle_.back();
      idle_.pop_back();
      ask(connection, due);
    } else if (connections_.size() < static_cast<std::size_t>(options_.connections)) {
      ask(open(), due);
    } else {
      due_.push_back(due);
    }
  }

  LoadConnection& open() {
    const LoadConnection::Place place{*sockets_, server_, scratch_, *this};
    return *connections_.emplace_back(std::make_shared<LoadConnection>(place));
  }

  void ask(LoadConnection& connection, TimePoint due) {
    const std::string& request = requests_[next_request_];
    next_request_ = (next_request_ + 1) % requests_.size();
    ++busy_;
    connection.ask(request, due);
  }

  /// The connection is free.
  void go_on(LoadConnection& connection) {
    if (!is_open_loop()) {
      if (const TimePoint due = now(); due < end_) ask(connection, due);
    } else if (due_.empty()) {
      idle_.push_back(&connection);
    } else {
      const TimePoint due = due_.front();
      due_.pop_front();
      ask(connection, due);
    }
  }

  void on_answer(LoadConnection& connection, const LoadAnswer& answer) override {
    --busy_;
    recorder_.answer(answer);
    go_on(connection);
  }

  void on_failure(LoadConnection& connection, const std::string& what) override {
    --busy_;
    recorder_.error(connection.due(), what);
    at(now() + kAfterFailure, [this, &connection] { go_on(connection); });
  }

  /// Ends what waits too long for an answer. One timer for all costs less than one for each.
  void watch() {
    const TimePoint latest = now() - options_.timeout;
    for (const auto& connection : connections_) {
      if (connection->busy() && connection->asked() <= latest) connection->give_up();
    }
    at(now() + options_.timeout / kLooksPerTimeout, [this] { watch(); });
  }

  void look_for_the_last() {
    if (now() >= last_look_ || (due_.empty() && busy_ == 0)) return io_.stop();
    at(now() + kBetweenLooks, [this] { look_for_the_last(); });
  }

  const std::unique_ptr<SocketEvents> sockets_;
  const tcp::endpoint server_;
  const std::vector<std::string>& requests_;
  const LoadOptions options_;
  std::mt19937_64 random_;
  std::size_t next_request_;
  std::vector<char> scratch_;
  asio::io_context io_{1};
  asio::steady_timer arrivals_{io_};
  const TimePoint begin_;
  const TimePoint end_;
  TimePoint last_look_{};
  TimePoint next_due_{};
  LoadRecorder recorder_;
  std::deque<TimePoint> due_;  // and not sent
  std::vector<std::shared_ptr<LoadConnection>> connections_;
  std::vector<LoadConnection*> idle_;
  std::size_t busy_ = 0;
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
  take_short_turns();  // what the generator waits for a processor would count as the server's time
  const auto server = reach(target);
  if (!server) return server.error();
  auto sockets = SocketEvents::open();
  if (!sockets) return sockets.error();
  return Load(*std::move(sockets), *server, requests, options).run();
}

}  // namespace martlet
