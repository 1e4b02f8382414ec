// One client's connection: reads requests, lets routes answer them, writes the answers in order.
// Lives on one I/O thread; what crosses threads is in Exchange. Sockets are the subclasses' matter.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/exchange.h"
#include "server/http/http_context.h"
#include "server/http/request_parser.h"

namespace martlet {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(std::shared_ptr<HttpContext> shared, IoThread& io, std::string client);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection();

  [[nodiscard]] HttpContext& shared() const noexcept { return *shared_; }
  [[nodiscard]] IoThread& io() const noexcept { return io_; }
  [[nodiscard]] const std::string& client() const noexcept { return client_; }

  // All of these on the I/O thread.

  /// Begins to read, after a handshake where there is one.
  void open();

  /// An exchange has something to write.
  void on_output();

  /// Whether the server drains and `exchange` is the last one here; then no request is taken any
  /// more.
  bool ends_with(const Exchange& exchange);

  /// A stream was dropped in the middle; or nobody may use this connection any longer.
  void close();

  [[nodiscard]] Clock::time_point deadline() const noexcept {
    return std::min(read_deadline_, write_deadline_);
  }
  /// Ends what is late; a request that came too slowly is told so.
  void give_up();

  /// The server takes no more: what is idle has a moment left.
  void drain();

 protected:
  using Buffers = std::span<const boost::asio::const_buffer>;

  virtual void do_open() = 0;  // then `opened` or `close`
  virtual void receive() = 0;  // then `received` or `close`
  /// The bytes taken now; none: `transmitted` or `close` follows. `buffers` stay until then.
  virtual std::optional<std::size_t> transmit(Buffers buffers) = 0;
  /// After the end of input: `close` when the client turns out to be gone.
  virtual void watch_for_reset() = 0;
  virtual void end_output() = 0;
  virtual void close_socket() = 0;

  void opened();
  void received(std::string_view data);  // empty: the end of input
  void transmitted(std::size_t size);

 private:
  [[nodiscard]] bool takes_requests() const;
  [[nodiscard]] bool is_idle() const;
  void on_input_end();
  bool refuse_unread(std::string_view data);
  void parse(std::string_view data);
  bool parse_some(std::string_view& data);
  void keep_rest(std::string_view data);
  void on_head();
  void refuse(int status, std::string_view message);
  void begin_exchange();
  std::shared_ptr<Exchange> add_exchange(const HttpRequest& request, bool keep_alive);
  void dispatch(const std::shared_ptr<Exchange>& exchange, HttpRequest request);
  void dispatch_compressed(const std::shared_ptr<Exchange>& exchange, HttpRequest request);
  void send_interim();
  void flush();
  void gather();
  bool consume(std::size_t size);
  void finish_output();
  void read_on();
  void set_read_deadline();
  void read_until(Clock::time_point time);
  void write_until(Clock::time_point time);

  const std::shared_ptr<HttpContext> shared_;
  IoThread& io_;
  const std::string client_;
  RequestParser parser_;
  std::string rest_;  // input not yet parsed
  std::deque<std::shared_ptr<Exchange>> queue_;
  std::string unqueued_;  // written before the queue's: an interim response, or a refusal
  std::vector<boost::asio::const_buffer> buffers_;
  Clock::time_point message_begin_{};  // when the first byte of the current request came
  Clock::time_point read_deadline_ = Clock::time_point::max();
  Clock::time_point write_deadline_ = Clock::time_point::max();
  std::size_t discarded_ = 0;
  bool head_seen_ = false;
  bool reading_ = false;
  bool corked_ = false;  // answers are gathered until all that came has been parsed
  bool transmitting_ = false;
  bool input_ended_ = false;
  bool closing_ = false;  // takes no further request
  bool lingering_ = false;
  bool closed_ = false;
};

}  // namespace martlet
