// One line of JSON for each HTTP exchange, written by its own thread: a log that is slow or full
// costs lines, never answers. Bodies and query strings are not logged.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "martlet/status.h"
#include "server/http/observer.h"

namespace martlet {

/// The line for `record`, with its line feed. Times are in milliseconds.
std::string access_log_line(const HttpRecord& record, std::string_view time);

class AccessLog final : public HttpObserver {
 public:
  /// Appends to `path`; "-" is stderr. kIo when the file cannot be opened.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path);

  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  ~AccessLog() override;  // writes what is waiting

  void on_exchange(const HttpRecord& record) override;

  /// Lines that were lost because the file took no more.
  [[nodiscard]] std::uint64_t lost() const;

 private:
  explicit AccessLog(int file);
  void write_lines();

  const int file_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::string waiting_;
  std::uint64_t lost_ = 0;
  bool ending_ = false;
  std::thread writer_;
};

}  // namespace martlet
