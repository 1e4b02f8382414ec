#include "server/http/tls_connection.h"

#include <boost/asio/ssl/stream.hpp>
#include <utility>
#include <vector>

#include "core/error.h"

namespace martlet {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
namespace ssl = boost::asio::ssl;

constexpr std::size_t kReadBytes = 16 << 10;  // a TLS record

class TlsConnection final : public Connection {
 public:
  TlsConnection(
      std::shared_ptr<HttpContext> shared, IoThread& io, tcp::socket socket, std::string client,
      std::shared_ptr<ssl::context> tls
  )
      : Connection(std::move(shared), io, std::move(client)),
        tls_(std::move(tls)),
        stream_(std::move(socket), *tls_),
        input_(kReadBytes) {}

 private:
  [[nodiscard]] std::shared_ptr<TlsConnection> self() {
    return std::static_pointer_cast<TlsConnection>(shared_from_this());
  }

  void do_open() override {
    stream_.async_handshake(ssl::stream_base::server, [self = self()](error_code failed) {
      if (failed) return self->close();
      self->opened();
    });
  }

  void receive() override {
    stream_.async_read_some(
        boost::asio::buffer(input_),
        [self = self()](error_code failed, std::size_t size) {
          if (failed && failed != boost::asio::error::eof) return self->close();
          self->received({self->input_.data(), size});
        }
    );
  }

  std::optional<std::size_t> transmit(Buffers buffers) override {
    const std::vector<boost::asio::const_buffer> pieces(buffers.begin(), buffers.end());
    stream_.async_write_some(pieces, [self = self()](error_code failed, std::size_t size) {
      if (failed) return self->close();
      self->transmitted(size);
    });
    return std::nullopt;
  }

  // A peer that has ended its TLS session does not wait for answers.
  void watch_for_reset() override { close(); }

  void end_output() override {
    stream_.async_shutdown([self = self()](error_code) {
      error_code ignored;
      self->stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  void close_socket() override {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

  const std::shared_ptr<ssl::context> tls_;
  ssl::stream<tcp::socket> stream_;
  std::vector<char> input_;
};

}  // namespace

Result<std::shared_ptr<ssl::context>> make_tls_context(const HttpOptions& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  error_code failed;
  context->set_options(
      ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
          ssl::context::no_compression,
      failed
  );
  if (!failed) context->use_certificate_chain_file(options.tls_certificate, failed);
  if (failed) {
    return error(
        StatusCode::kInvalidInput, options.tls_certificate,
        "the TLS certificate cannot be used: {}", failed.message()
    );
  }
  context->use_private_key_file(options.tls_key, ssl::context::pem, failed);
  if (failed) {
    return error(
        StatusCode::kInvalidInput, options.tls_key, "the TLS key cannot be used: {}",
        failed.message()
    );
  }
  return context;
}

std::shared_ptr<Connection> make_tls_connection(
    std::shared_ptr<HttpContext> shared, IoThread& io, tcp::socket socket, std::string client,
    std::shared_ptr<ssl::context> tls
) {
  return std::make_shared<TlsConnection>(
      std::move(shared), io, std::move(socket), std::move(client), std::move(tls)
  );
}

}  // namespace martlet
