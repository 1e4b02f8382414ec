#include "server/http/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <iterator>
#include <utility>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::size_t kWaitingBytes = 4 << 20;

double milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// Quoted and escaped: what a client sends can neither forge a line nor break its UTF-8.
std::string quoted(std::string_view text) {
  std::string ascii(text);
  std::ranges::replace_if(ascii, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return boost::json::serialize(boost::json::string_view(ascii));
}

/// The time of day in UTC, to the millisecond.
std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t second = std::chrono::system_clock::to_time_t(now);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(
      now - std::chrono::system_clock::from_time_t(second)
  );
  std::tm utc{};
  ::gmtime_r(&second, &utc);
  return fmt::format(
      "{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
      utc.tm_hour, utc.tm_min, utc.tm_sec, rest.count()
  );
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::string access_log_line(const HttpRecord& record, std::string_view time) {
  std::string line = fmt::format(
      R"({{"time":"{}","id":"{}","client":"{}","method":{},"path":{},"route":{},"status":{},)"
      R"("bytes_in":{},"bytes_out":{},"ms":{:.3f},"write_ms":{:.3f})",
      time, record.id, record.client, quoted(record.method), quoted(record.path),
      quoted(record.route), record.status, record.bytes_in, record.bytes_out,
      milliseconds(record.written - record.received), milliseconds(record.written - record.answered)
  );
  if (!record.traceparent.empty()) {
    fmt::format_to(std::back_inserter(line), R"(,"traceparent":"{}")", record.traceparent);
  }
  return line + "}\n";
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path) {
  const int file = path == "-"
                       ? ::dup(STDERR_FILENO)
                       : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) {
    return error(StatusCode::kIo, path, "cannot open the access log: {}", std::strerror(errno));
  }
  return std::unique_ptr<AccessLog>(new AccessLog(file));
}

AccessLog::AccessLog(int file) : file_(file), writer_([this] { write_lines(); }) {}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  more_.notify_one();
  writer_.join();
  ::close(file_);
}

void AccessLog::on_exchange(const HttpRecord& record) {
  const std::string line = access_log_line(record, timestamp());
  const std::lock_guard lock(mutex_);
  if (waiting_.size() + line.size() > kWaitingBytes) {
    ++lost_;
    return;
  }
  if (waiting_.empty()) more_.notify_one();
  waiting_ += line;
}

std::uint64_t AccessLog::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

void AccessLog::write_lines() {
  std::unique_lock lock(mutex_);
  while (true) {
    more_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::string lines = std::exchange(waiting_, {});
    lock.unlock();
    const bool written = write_all(file_, lines);
    lock.lock();
    if (!written) lost_ += static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
  }
}

}  // namespace martlet
