#include "server/http/io_thread.h"

#include <pthread.h>

#include <boost/asio/dispatch.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "server/http/connection.h"

namespace martlet {
namespace {

// Timeouts are seconds: one look at all connections now and then is cheaper than a timer for each.
constexpr std::chrono::milliseconds kSweepPeriod{50};
constexpr std::size_t kScratchBytes = 64 << 10;

}  // namespace

IoThread::IoThread() : work_(boost::asio::make_work_guard(context_)), scratch_(kScratchBytes) {}

IoThread::~IoThread() { stop(); }

void IoThread::start() {
  sweep();
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "martlet-io");
    context_.run();
  });
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  run([this] {
    stopping_ = true;
    timer_.cancel();
    for_each([](Connection& connection) { connection.close(); });
    work_.reset();
  });
  thread_.join();
}

void IoThread::run(std::function<void()> task) { boost::asio::dispatch(context_, std::move(task)); }

void IoThread::for_each(const std::function<void(Connection&)>& visit) {
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(connections_.size());
  for (Connection* connection : connections_) all.push_back(connection->shared_from_this());
  for (const auto& connection : all) visit(*connection);
}

void IoThread::sweep() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<Connection>> late;
  for (Connection* connection : connections_) {
    if (connection->is_late(now)) late.push_back(connection->shared_from_this());
  }
  for (const auto& connection : late) connection->give_up();
  timer_.expires_after(kSweepPeriod);
  timer_.async_wait([this](boost::system::error_code failed) {
    if (!failed && !stopping_) sweep();
  });
}

}  // namespace martlet
