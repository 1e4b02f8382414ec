#include "server/http/io_thread.h"

#include <pthread.h>
#include <sys/resource.h>

#include <boost/asio/dispatch.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "core/short_turns.h"
#include "server/http/connection.h"

namespace martlet {
namespace {

// Timeouts are seconds: one timer now and then is cheaper than one for each connection.
constexpr std::chrono::milliseconds kSweepPeriod{100};
constexpr int kNice = -5;
constexpr std::chrono::milliseconds kBetweenLooks{6};  // while requests are refused
constexpr std::size_t kScratchBytes = 64 << 10;

}  // namespace

Result<std::unique_ptr<IoThread>> IoThread::make() {
  auto sockets = SocketEvents::open();
  if (!sockets) return sockets.error();
  return std::unique_ptr<IoThread>(new IoThread(*std::move(sockets)));
}

IoThread::IoThread(std::unique_ptr<SocketEvents> sockets)
    : work_(boost::asio::make_work_guard(context_)),
      sockets_(std::move(sockets)),
      news_(context_, sockets_->descriptor()),
      scratch_(kScratchBytes) {}

IoThread::~IoThread() {
  stop();
  news_.release();  // the descriptor is not its own
}

void IoThread::start() {
  watch_sockets();
  sweep();
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "martlet-io");
    take_short_turns();
    // Where the system allows it (root, CAP_SYS_NICE, LimitNICE=), before the threads that compute.
    static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice));
    loop();
  });
}

void IoThread::watch_sockets() {
  news_.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [this](boost::system::error_code failed) {
        if (failed) return;
        sockets_->dispatch();
        if (!stopping_) watch_sockets();
      }
  );
}

void IoThread::loop() {
  while (context_.run_one() != 0) {
    context_.poll();
    refusing_ = std::exchange(refused_, false);
    if (refusing_) std::this_thread::sleep_for(kBetweenLooks);
  }
}

void IoThread::stop() {
  if (!thread_.joinable()) return;
  run([this] {
    stopping_ = true;
    timer_.cancel();
    boost::system::error_code ignored;
    news_.cancel(ignored);
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

void IoThread::end_late(std::chrono::steady_clock::time_point now) {
  earliest_ = std::chrono::steady_clock::time_point::max();
  std::vector<std::shared_ptr<Connection>> late;
  for (Connection* connection : connections_) {
    if (connection->deadline() <= now) late.push_back(connection->shared_from_this());
    expect(connection->deadline());
  }
  for (const auto& connection : late) connection->give_up();
}

void IoThread::sweep() {
  if (const auto now = std::chrono::steady_clock::now(); now >= earliest_) end_late(now);
  timer_.expires_after(kSweepPeriod);
  timer_.async_wait([this](boost::system::error_code failed) {
    if (!failed && !stopping_) sweep();
  });
}

}  // namespace martlet
