// One keep-alive connection of a load: a request goes out, its answer comes back, again and again.
// Everything happens on the thread that runs the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <span>
#include <string>
#include <string_view>

#include "bench/answer_reader.h"
#include "bench/load_recorder.h"

namespace martlet {

class LoadConnection {
 public:
  using TimePoint = LoadAnswer::TimePoint;

  /// Whose connection it is. Either call ends an exchange; another may begin at once.
  class Owner {
   public:
    virtual void on_answer(LoadConnection& connection, const LoadAnswer& answer) = 0;
    virtual void on_failure(LoadConnection& connection, const std::string& what) = 0;

   protected:
    ~Owner() = default;
  };

  struct Place {
    boost::asio::io_context& io;
    boost::asio::ip::tcp::endpoint server;
    std::span<char> scratch;  // that all connections read into
    Owner& owner;
  };

  explicit LoadConnection(const Place& place);
  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  /// Sends `request`, which was due at `due` and lives until the exchange ends; over a new
  /// connection where there is none.
  void ask(std::string_view request, TimePoint due);

  [[nodiscard]] bool busy() const noexcept { return busy_; }
  [[nodiscard]] TimePoint due() const noexcept { return due_; }
  [[nodiscard]] TimePoint asked() const noexcept { return asked_; }

  /// Fails the exchange, soon.
  void give_up() { close(); }

 private:
  void send();
  void receive();
  void read_now();
  void finish();
  void fail(std::string_view where, const std::string& what);
  void close();

  const Place place_;
  boost::asio::ip::tcp::socket socket_;
  AnswerReader reader_;
  std::string_view unsent_;
  bool busy_ = false;
  TimePoint due_{};
  TimePoint asked_{};
  TimePoint sent_{};
};

}  // namespace martlet
