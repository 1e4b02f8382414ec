#include "server/http/plain_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <utility>

#include "core/socket_events.h"
#include "core/socket_io.h"

namespace martlet {
namespace {

constexpr std::size_t kMostPieces = 64;  // of one write

class PlainConnection final : public Connection, public SocketEvents::Listener {
 public:
  PlainConnection(std::shared_ptr<HttpContext> shared, IoThread& io, int socket, std::string client)
      : Connection(std::move(shared), io, std::move(client)), socket_(socket) {}

  ~PlainConnection() override {
    if (socket_ >= 0) ::close(socket_);
  }

 private:
  [[nodiscard]] std::shared_ptr<PlainConnection> self() {
    return std::static_pointer_cast<PlainConnection>(shared_from_this());
  }

  void do_open() override {
    if (!io().sockets().add(socket_, self())) return close();
    opened();
  }

  void on_news(const SocketEvents::News& news) override {
    input_over_ = input_over_ || news.input_over;
    readable_ = readable_ || news.readable;
    if (news.broken && watches_for_reset_) return close();
    if (news.writable && std::exchange(blocked_, false)) transmitted(0);
    if (readable_ && wanted_) read_now();
  }

  void receive() override {
    wanted_ = true;
    if (!readable_) return;
    // Not at once: a client that sends without end would keep the thread to itself.
    boost::asio::post(io().context(), [self = self()] {
      if (self->readable_ && self->wanted_) self->read_now();
    });
  }

  /// Into the thread's buffer: a waiting connection needs none of its own.
  void read_now() {
    if (socket_ < 0) return;
    const std::span<char> scratch = io().scratch();
    const ssize_t size = receive_some(socket_, scratch);
    if (size < 0 && !would_block()) return close();
    // There will be news of what is not there yet; not of an end that has been told already.
    const bool drained = size < static_cast<ssize_t>(scratch.size());
    readable_ = !drained || (input_over_ && size > 0);
    if (size < 0) return;
    wanted_ = false;
    received({scratch.data(), static_cast<std::size_t>(size)});
  }

  [[nodiscard]] ssize_t send_pieces(Buffers buffers) const {
    std::array<iovec, kMostPieces> pieces{};
    const std::size_t count = std::min(buffers.size(), pieces.size());
    for (std::size_t i = 0; i < count; ++i)
      pieces[i] = {const_cast<void*>(buffers[i].data()), buffers[i].size()};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = count;
    return send_some(socket_, message);
  }

  // The socket nearly always has room, and then no event is needed.
  std::optional<std::size_t> transmit(Buffers buffers) override {
    const boost::asio::const_buffer& first = buffers.front();
    const ssize_t sent =
        buffers.size() > 1
            ? send_pieces(buffers)
            : send_some(socket_, {static_cast<const char*>(first.data()), first.size()});
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (would_block()) {
      blocked_ = true;
    } else {
      close();
    }
    return std::nullopt;
  }

  void watch_for_reset() override { watches_for_reset_ = true; }

  void end_output() override { ::shutdown(socket_, SHUT_WR); }

  void close_socket() override {
    io().sockets().remove(socket_);
    ::close(std::exchange(socket_, -1));
  }

  int socket_;
  bool readable_ = false;    // there may be something to read
  bool input_over_ = false;  // the client sends no more than that
  bool wanted_ = false;      // `received` is to follow
  bool blocked_ = false;     // `transmitted` is to follow
  bool watches_for_reset_ = false;
};

}  // namespace

std::shared_ptr<Connection> make_plain_connection(
    std::shared_ptr<HttpContext> shared, IoThread& io, boost::asio::ip::tcp::socket socket,
    std::string client
) {
  boost::system::error_code failed;
  socket.native_non_blocking(true, failed);
  if (failed) return nullptr;
  const int released = socket.release(failed);
  if (failed) return nullptr;
  return std::make_shared<PlainConnection>(std::move(shared), io, released, std::move(client));
}

}  // namespace martlet
