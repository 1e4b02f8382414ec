#include "server/http/plain_connection.h"

#include <utility>

namespace martlet {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

class PlainConnection final : public Connection {
 public:
  PlainConnection(
      std::shared_ptr<HttpContext> shared, IoThread& io, tcp::socket socket, std::string client
  )
      : Connection(std::move(shared), io, std::move(client)), socket_(std::move(socket)) {}

 private:
  [[nodiscard]] std::shared_ptr<PlainConnection> self() {
    return std::static_pointer_cast<PlainConnection>(shared_from_this());
  }

  void do_open() override {
    error_code failed;
    socket_.non_blocking(true, failed);
    if (failed) return close();
    opened();
  }

  // Waits, then reads into the thread's buffer: a waiting connection needs none of its own.
  void receive() override {
    socket_.async_wait(tcp::socket::wait_read, [self = self()](error_code failed) {
      if (failed) return self->close();
      self->read_now();
    });
  }

  void read_now() {
    error_code failed;
    const std::span<char> scratch = io().scratch();
    const std::size_t size =
        socket_.read_some(boost::asio::buffer(scratch.data(), scratch.size()), failed);
    if (failed == boost::asio::error::would_block) return receive();
    if (failed && failed != boost::asio::error::eof) return close();
    received({scratch.data(), size});
  }

  // The socket nearly always has room, and then no event is needed.
  std::optional<std::size_t> transmit(Buffers buffers) override {
    error_code failed;
    const std::size_t sent = socket_.write_some(buffers, failed);
    if (!failed) return sent;
    if (failed != boost::asio::error::would_block) {
      close();
      return std::nullopt;
    }
    socket_.async_wait(tcp::socket::wait_write, [self = self()](error_code lost) {
      if (lost) return self->close();
      self->transmitted(0);
    });
    return std::nullopt;
  }

  void watch_for_reset() override {
    socket_.async_wait(tcp::socket::wait_error, [self = self()](error_code) { self->close(); });
  }

  void end_output() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void close_socket() override {
    error_code ignored;
    socket_.close(ignored);
  }

  tcp::socket socket_;
};

}  // namespace

std::shared_ptr<Connection> make_plain_connection(
    std::shared_ptr<HttpContext> shared, IoThread& io, tcp::socket socket, std::string client
) {
  return std::make_shared<PlainConnection>(
      std::move(shared), io, std::move(socket), std::move(client)
  );
}

}  // namespace martlet
