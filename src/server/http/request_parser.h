// HTTP/1.1 requests out of bytes, one after the other; no sockets. Boost.Beast does the parsing,
// this adds what a server must insist on: one Host, no coding but chunked, limits that are exact.
#pragma once

#include <boost/system/error_code.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/message.h"
#include "server/http/options.h"

namespace martlet {

/// Why a request cannot be read. The connection is of no use afterwards.
struct ParseFailure {
  int status = 400;
  std::string message;
};

class RequestParser {
 public:
  enum class State { kHead, kBody, kComplete, kFailed };

  /// `limits` must outlive the parser.
  explicit RequestParser(const HttpLimits& limits);
  ~RequestParser();

  /// Takes a prefix of `data` and returns its length; the rest must come again, with more behind
  /// it. Stops where the head ends, so that the caller can look at it before the body arrives.
  std::size_t consume(std::string_view data);

  [[nodiscard]] State state() const noexcept;
  [[nodiscard]] const ParseFailure& failure() const noexcept;  // when kFailed

  /// Complete but for the body from kBody on; may be moved from when kComplete.
  [[nodiscard]] HttpRequest& request() noexcept;

  [[nodiscard]] bool keep_alive() const;        // from kBody on
  [[nodiscard]] bool http11() const;            // from kBody on
  [[nodiscard]] bool expects_continue() const;  // from kBody on

  /// Ready for the next request.
  void reset();

 private:
  class Beast;

  void check_head();
  void fail(int status, std::string message);
  void fail_as(const boost::system::error_code& failed);

  const HttpLimits& limits_;
  std::unique_ptr<Beast> beast_;
  State state_ = State::kHead;
  ParseFailure failure_;
  std::size_t head_bytes_ = 0;
  std::size_t body_wire_bytes_ = 0;
};

}  // namespace martlet
