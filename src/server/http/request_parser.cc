#include "server/http/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>

namespace martlet {

namespace beast = boost::beast;

/// Collects what Beast's parser finds.
class RequestParser::Beast final : public beast::http::basic_parser<true> {
 public:
  explicit Beast(const HttpLimits& limits) : max_fields_(limits.header_fields) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(limits.body_bytes);
  }

  HttpRequest request;
  std::size_t fields = 0;
  std::size_t hosts = 0;
  std::string transfer_encoding;
  bool expects_continue = false;
  bool http11 = false;

 private:
  using View = boost::core::string_view;
  using Verb = beast::http::verb;
  using Field = beast::http::field;
  using Code = beast::error_code;

  void on_request_impl(Verb, View method, View target, int version, Code&) override {
    request.method = method;
    request.path = target;
    http11 = version == 11;
  }

  void on_field_impl(Field field, View name, View value, Code& failed) override {
    if (is_header_done()) return;  // a trailer must not add to what has been checked
    if (++fields > max_fields_) {
      failed = beast::http::error::header_limit;
      return;
    }
    if (field == Field::host) ++hosts;
    if (field == Field::expect) expects_continue = beast::iequals(value, "100-continue");
    if (field == Field::transfer_encoding) transfer_encoding += value;
    request.headers.add(name, value);
  }

  void on_response_impl(int, View, int, Code&) override {}
  void on_header_impl(Code&) override {}

  void on_body_init_impl(const boost::optional<std::uint64_t>& size, Code&) override {
    // What a header merely claims is not allocated; a megabyte is.
    if (size)
      request.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*size, 1 << 20)));
  }

  std::size_t on_body_impl(View body, Code&) override {
    request.body.append(body);
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t, View, Code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, View body, Code&) override {
    request.body.append(body);
    return body.size();
  }

  void on_finish_impl(Code&) override {}

  std::size_t max_fields_;
};

namespace {

/// "http://host/path?query" is "/path?query": RFC 9112 wants servers to take the absolute form.
void drop_authority(std::string& target) {
  const std::size_t scheme = target.find("://");
  if (scheme == std::string::npos || target.starts_with('/')) return;
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  target.erase(0, std::min(path, target.size()));
  if (!target.starts_with('/')) target.insert(0, 1, '/');
}

void split_query(HttpRequest& request) {
  const std::size_t mark = request.path.find('?');
  if (mark == std::string::npos) return;
  request.query = request.path.substr(mark + 1);
  request.path.resize(mark);
}

}  // namespace

RequestParser::RequestParser(const HttpLimits& limits)
    : limits_(limits), beast_(std::make_unique<Beast>(limits)) {}

RequestParser::~RequestParser() = default;

RequestParser::State RequestParser::state() const noexcept { return state_; }
const ParseFailure& RequestParser::failure() const noexcept { return failure_; }
HttpRequest& RequestParser::request() noexcept { return beast_->request; }
bool RequestParser::keep_alive() const { return beast_->keep_alive(); }
bool RequestParser::http11() const { return beast_->http11; }
bool RequestParser::expects_continue() const { return beast_->expects_continue && http11(); }

void RequestParser::reset() {
  beast_ = std::make_unique<Beast>(limits_);
  state_ = State::kHead;
  head_bytes_ = body_wire_bytes_ = 0;
}

void RequestParser::fail(int status, std::string message) {
  state_ = State::kFailed;
  failure_ = {.status = status, .message = std::move(message)};
}

void RequestParser::fail_as(const boost::system::error_code& failed) {
  if (failed == beast::http::error::header_limit) return fail(431, "the header is too large");
  if (failed == beast::http::error::body_limit) return fail(413, "the body is too large");
  fail(400, "the request is malformed: " + failed.message());
}

std::size_t RequestParser::consume(std::string_view data) {
  if (state_ == State::kComplete || state_ == State::kFailed || data.empty()) return 0;
  // An empty line before a request is a habit of old clients.
  if (head_bytes_ == 0 && data == "\r") return 0;  // perhaps half of one
  if (head_bytes_ == 0 && data.starts_with("\r\n")) return head_bytes_ = 2;
  const bool in_head = state_ == State::kHead;
  beast_->eager(!in_head);
  beast::error_code failed;
  const std::size_t taken = beast_->put(boost::asio::buffer(data.data(), data.size()), failed);
  (in_head ? head_bytes_ : body_wire_bytes_) += taken;
  const bool head_done = !failed && beast_->is_header_done();

  const std::size_t head_size = head_bytes_ + (in_head && !head_done ? data.size() - taken : 0);
  if (failed && failed != beast::http::error::need_more) {
    fail_as(failed);
  } else if (head_size > limits_.header_bytes) {
    fail(431, "the header is too large");
  } else if (body_wire_bytes_ > (64 << 10) + 16 * beast_->request.body.size()) {
    fail(400, "the request is malformed: its chunks are nothing but framing");
  } else if (head_done) {
    if (in_head) check_head();
    if (state_ != State::kFailed) state_ = beast_->is_done() ? State::kComplete : State::kBody;
  }
  return taken;
}

void RequestParser::check_head() {
  HttpRequest& request = beast_->request;
  if (beast_->hosts > 1 || (beast_->hosts == 0 && http11())) {
    return fail(400, "the request is malformed: expected one Host header");
  }
  if (const std::string& coding = beast_->transfer_encoding; !coding.empty()) {
    if (!http11()) return fail(400, "the request is malformed: HTTP/1.0 has no Transfer-Encoding");
    if (!equal_ignoring_case(coding, "chunked")) {
      return fail(501, "the only Transfer-Encoding that works here is chunked");
    }
  }
  drop_authority(request.path);
  if (!request.path.starts_with('/') && request.path != "*") {
    return fail(400, "the request is malformed: expected a path that starts with /");
  }
  split_query(request);
}

}  // namespace martlet
