#include "server/http/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>
#include <utility>

#include "core/error.h"
#include "server/http/plain_connection.h"
#include "server/http/response_head.h"
#include "server/http/tls_connection.h"

namespace martlet {

using boost::asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

/// The listening socket, and the threads that serve what it accepts.
class HttpServer::Listener : public std::enable_shared_from_this<Listener> {
 public:
  explicit Listener(std::shared_ptr<HttpContext> shared)
      : shared_(std::move(shared)),
        acceptor_(shared_->io_threads.front()->context()),
        pause_(shared_->io_threads.front()->context()) {}

  Status listen();
  void accept_next();
  void stop_accepting();
  void stop();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] HttpContext& shared() const noexcept { return *shared_; }

 private:
  IoThread& next_thread();
  void take(IoThread& io, tcp::socket socket);
  void turn_away(tcp::socket& socket) const;

  std::shared_ptr<HttpContext> shared_;
  std::shared_ptr<boost::asio::ssl::context> tls_;  // null: plain
  tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::size_t turn_ = 0;
};

Status HttpServer::Listener::listen() {
  const HttpOptions& options = shared_->options;
  if (!options.tls_certificate.empty() || !options.tls_key.empty()) {
    auto tls = make_tls_context(options);
    if (!tls) return tls.status();
    tls_ = std::move(*tls);
  }
  error_code failed;
  const std::string host = options.address == "localhost" ? "127.0.0.1" : options.address;
  const auto address = boost::asio::ip::make_address(host, failed);
  if (failed) {
    return error(
        StatusCode::kInvalidArgument, "http", "bad address '{}', expected an IP address",
        options.address
    );
  }
  const tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), failed);
  if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor_.bind(endpoint, failed);
  if (!failed) acceptor_.listen(4096, failed);
  if (!failed) acceptor_.non_blocking(true, failed);
  if (failed) {
    return error(
        StatusCode::kIo, "http", "cannot listen on {}:{}: {}", options.address, options.port,
        failed.message()
    );
  }
  port_ = acceptor_.local_endpoint(failed).port();
  return {};
}

IoThread& HttpServer::Listener::next_thread() {
  return *shared_->io_threads[turn_++ % shared_->io_threads.size()];
}

void HttpServer::Listener::accept_next() {
  IoThread& io = next_thread();
  acceptor_.async_accept(
      io.context(),
      [this, self = shared_from_this(), &io](error_code failed, tcp::socket socket) {
        if (!acceptor_.is_open()) return;
        if (!failed) {
          take(io, std::move(socket));
          return accept_next();
        }
        // Out of file descriptors, most likely: trying again at once would only burn the CPU.
        pause_.expires_after(100ms);
        pause_.async_wait([this, self](error_code cancelled) {
          if (!cancelled && acceptor_.is_open()) accept_next();
        });
      }
  );
}

void HttpServer::Listener::take(IoThread& io, tcp::socket socket) {
  error_code failed;
  socket.set_option(tcp::no_delay(true), failed);
  const tcp::endpoint peer = socket.remote_endpoint(failed);
  if (failed) return;  // gone already
  if (shared_->connections.load() >= shared_->options.limits.connections) return turn_away(socket);
  std::string client = peer.address().to_string();
  auto connection =
      tls_ ? make_tls_connection(shared_, io, std::move(socket), std::move(client), tls_)
           : make_plain_connection(shared_, io, std::move(socket), std::move(client));
  if (connection) io.run([connection] { connection->open(); });
}

void HttpServer::Listener::turn_away(tcp::socket& socket) const {
  if (tls_) return;  // a handshake would be too much to spend
  HttpResponse response = shared_->router.error("", 503, "too many connections");
  response.headers.emplace_back("Retry-After", "1");
  const std::string bytes =
      write_head(response, {.content_length = response.body.size(), .keep_alive = false}) +
      response.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(boost::asio::buffer(bytes), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void HttpServer::Listener::stop_accepting() {
  shared_->io_threads.front()->run([this, self = shared_from_this()] {
    // Clients whose connection the system has already made are not turned away.
    for (error_code failed; !failed && acceptor_.is_open();) {
      IoThread& io = next_thread();
      tcp::socket socket(io.context());
      acceptor_.accept(socket, failed);
      if (!failed) take(io, std::move(socket));
    }
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  });
}

void HttpServer::Listener::stop() {
  stop_accepting();
  for (const auto& io : shared_->io_threads) io->stop();
  shared_->decompressors.join();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(
    HttpOptions options, const Router& router, HttpObserver* observer
) {
  const int threads = std::max(1, options.io_threads);
  const auto shared = std::make_shared<HttpContext>(std::move(options), router, observer);
  for (int i = 0; i < threads; ++i) {
    auto io = IoThread::make();
    if (!io) return io.error();
    shared->io_threads.push_back(*std::move(io));
  }
  const auto listener = std::make_shared<Listener>(shared);
  MARTLET_RETURN_IF_ERROR(listener->listen());
  listener->accept_next();
  for (const auto& io : shared->io_threads) io->start();
  return std::unique_ptr<HttpServer>(new HttpServer(listener));
}

HttpServer::HttpServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}

HttpServer::~HttpServer() { listener_->stop(); }

std::uint16_t HttpServer::port() const noexcept { return listener_->port(); }
std::size_t HttpServer::connections() const noexcept { return listener_->shared().connections; }
std::size_t HttpServer::exchanges() const noexcept { return listener_->shared().exchanges; }

std::size_t HttpServer::drain(std::chrono::steady_clock::time_point deadline) {
  HttpContext& shared = listener_->shared();
  shared.draining.store(true);
  listener_->stop_accepting();
  for (const auto& io : shared.io_threads) {
    io->run([&io = *io] { io.for_each([](Connection& connection) { connection.drain(); }); });
  }
  while (connections() != 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(2ms);
  }
  return exchanges();
}

}  // namespace martlet
