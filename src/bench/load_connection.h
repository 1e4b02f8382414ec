// One keep-alive connection of a load: a request goes out, its answer comes back, again and again.
// Everything happens on the thread that dispatches its SocketEvents.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bench/answer_reader.h"
#include "bench/load_recorder.h"
#include "core/socket_events.h"

namespace martlet {

class LoadConnection final : public SocketEvents::Listener,
                             public std::enable_shared_from_this<LoadConnection> {
 public:
  using TimePoint = LoadAnswer::TimePoint;

  /// Whose connection it is. Either call ends an exchange; another may begin at once, but not
  /// inside `on_failure`.
  class Owner {
   public:
    virtual void on_answer(LoadConnection& connection, const LoadAnswer& answer) = 0;
    virtual void on_failure(LoadConnection& connection, const std::string& what) = 0;

   protected:
    ~Owner() = default;
  };

  struct Place {
    SocketEvents& sockets;
    boost::asio::ip::tcp::endpoint server;
    std::span<char> scratch;  // that all connections read into
    Owner& owner;
  };

  explicit LoadConnection(const Place& place) : place_(place) {}
  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  /// Sends `request`, which was due at `due` and lives until the exchange ends; over a new
  /// connection where there is none.
  void ask(std::string_view request, TimePoint due);

  [[nodiscard]] bool busy() const noexcept { return busy_; }
  [[nodiscard]] TimePoint due() const noexcept { return due_; }
  [[nodiscard]] TimePoint asked() const noexcept { return asked_; }

  /// Ends the connection; an exchange that has not ended never will. Before `sockets` goes.
  void close();

  /// Fails the exchange.
  void give_up() { fail("read", "no answer in time"); }

 private:
  void on_news(const SocketEvents::News& news) override;
  /// False when it has failed.
  bool open();
  void connected();
  void send();
  void read_now();
  void finish();
  void fail(std::string_view where, std::string_view what);

  const Place place_;
  int socket_ = -1;  // -1: none
  AnswerReader reader_;
  std::string_view unsent_;
  bool connecting_ = false;
  bool busy_ = false;
  TimePoint due_{};
  TimePoint asked_{};
  TimePoint sent_{};
};

}  // namespace martlet
