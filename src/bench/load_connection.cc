#include "bench/load_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <chrono>

namespace martlet {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

}  // namespace

LoadConnection::LoadConnection(const Place& place) : place_(place), socket_(place.io) {}

void LoadConnection::ask(std::string_view request, TimePoint due) {
  busy_ = true;
  due_ = due;
  asked_ = SteadyClock::now();
  unsent_ = request;
  reader_.reset();
  if (socket_.is_open()) {
    sent_ = asked_;
    return send();
  }
  socket_.async_connect(place_.server, [this](error_code failure) {
    if (failure) return fail("connect", failure.message());
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    sent_ = SteadyClock::now();
    send();
  });
}

/// There is nearly always room for a whole request, and then no event is needed.
void LoadConnection::send() {
  error_code failure;
  const std::size_t sent = socket_.write_some(asio::buffer(unsent_), failure);
  if (failure && failure != asio::error::would_block) return fail("write", failure.message());
  unsent_.remove_prefix(sent);
  if (unsent_.empty()) return receive();
  socket_.async_wait(tcp::socket::wait_write, [this](error_code lost) {
    if (lost) return fail("write", lost.message());
    send();
  });
}

void LoadConnection::receive() {
  socket_.async_wait(tcp::socket::wait_read, [this](error_code failure) {
    if (failure) return fail("read", failure.message());
    read_now();
  });
}

void LoadConnection::read_now() {
  error_code failure;
  const std::span<char> scratch = place_.scratch;
  const std::size_t size = socket_.read_some(asio::buffer(scratch.data(), scratch.size()), failure);
  if (failure == asio::error::would_block) return receive();
  if (failure == asio::error::eof && reader_.read_end()) return finish();
  if (failure) return fail("read", failure.message());
  const auto done = reader_.read({scratch.data(), size});
  if (!done) return fail("read", done.error().message());
  if (!*done) return receive();
  finish();
}

void LoadConnection::finish() {
  const LoadAnswer answer{
      .due = due_,
      .sent = sent_,
      .answered = SteadyClock::now(),
      .status = reader_.status(),
      .retry_after = reader_.retry_after(),
  };
  if (!reader_.keep_alive()) close();
  busy_ = false;
  place_.owner.on_answer(*this, answer);
}

void LoadConnection::fail(std::string_view where, const std::string& what) {
  close();
  busy_ = false;
  place_.owner.on_failure(*this, std::string(where) + ": " + what);
}

void LoadConnection::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace martlet
