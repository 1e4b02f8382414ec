#include "server/http/connection.h"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "server/http/request_identity.h"
#include "server/http/unread_refusal.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

constexpr auto kNever = std::chrono::steady_clock::time_point::max();

// A client that has been refused may still be sending: its bytes are taken for a while, because
// closing on them would make its system throw away the answer.
constexpr auto kLingerTime = 2s;
constexpr std::size_t kLingerBytes = 4 << 20;

// What a client may have sent just before it learns that the server drains is still answered.
constexpr auto kDrainGrace = 500ms;

// Answers wait in memory for a slow reader up to about here; then its requests are left unread.
constexpr std::size_t kGatheredBytes = 256 << 10;
constexpr std::size_t kGatheredPieces = 64;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(std::shared_ptr<HttpContext> shared, IoThread& io, std::string client)
    : shared_(std::move(shared)),
      io_(io),
      client_(std::move(client)),
      parser_(shared_->options.limits) {
  shared_->connections.fetch_add(1);
}

Connection::~Connection() { shared_->connections.fetch_sub(1); }

void Connection::open() {
  if (io_.stopping()) return close();
  io_.add(*this);
  read_until(Clock::now() + shared_->options.limits.header_timeout);
  do_open();
}

void Connection::opened() {
  set_read_deadline();
  read_on();
}

void Connection::close() {
  if (closed_) return;
  closed_ = closing_ = true;
  io_.remove(*this);
  close_socket();
  const auto left = std::exchange(queue_, {});
  for (const auto& exchange : left) exchange->leave();
}

// ---- time

void Connection::read_until(Clock::time_point time) {
  read_deadline_ = time;
  io_.expect(time);
}

void Connection::write_until(Clock::time_point time) {
  write_deadline_ = time;
  io_.expect(time);
}

void Connection::give_up() {
  const bool in_request = message_begin_ != Clock::time_point{} && !closing_;
  if (!in_request || Clock::now() >= write_deadline_) return close();
  refuse(408, "the request did not arrive in time");
  flush();
  set_read_deadline();
}

void Connection::drain() { set_read_deadline(); }

bool Connection::is_idle() const { return queue_.empty() && message_begin_ == Clock::time_point{}; }

void Connection::set_read_deadline() {
  const HttpLimits& limits = shared_->options.limits;
  if (lingering_) return;  // has its own, set once
  if (message_begin_ != Clock::time_point{} && !closing_) {
    const auto body = head_seen_ ? limits.body_timeout : std::chrono::milliseconds(0);
    read_until(message_begin_ + limits.header_timeout + body);
  } else if (is_idle()) {
    read_until(Clock::now() + (shared_->draining.load() ? kDrainGrace : limits.idle_timeout));
  } else {
    read_deadline_ = kNever;
  }
}

// ---- input

bool Connection::ends_with(const Exchange& exchange) {
  if (!shared_->draining.load() || queue_.back().get() != &exchange) return false;
  closing_ = true;
  return true;
}

bool Connection::takes_requests() const {
  return !closing_ && !transmitting_ && queue_.size() < shared_->options.limits.pipelined;
}

void Connection::read_on() {
  // Where no request is taken any more, reading still tells when the client goes away.
  if (reading_ || closed_ || input_ended_ || !(closing_ || takes_requests())) return;
  reading_ = true;
  receive();
}

void Connection::received(std::string_view data) {
  reading_ = false;
  if (closed_) return;
  if (data.empty()) return lingering_ ? close() : on_input_end();
  if (closing_) {
    discarded_ += data.size();
    return discarded_ > kLingerBytes ? close() : read_on();
  }
  if (rest_.empty()) {
    if (!refuse_unread(data)) parse(data);
  } else {
    rest_.append(data);
    parse(rest_);
  }
}

/// Where requests are being refused: whether this one was, and its answer is on its way.
bool Connection::refuse_unread(std::string_view data) {
  if (!io_.refusing() || shared_->draining.load() || !is_idle()) return false;
  auto answer = martlet::refuse_unread(*shared_, data, client_);
  if (!answer) return false;
  io_.refused();
  unqueued_ = *std::move(answer);
  flush();
  if (closed_) return true;
  set_read_deadline();
  read_on();
  return true;
}

void Connection::parse(std::string_view data) {
  corked_ = true;
  while (!data.empty() && takes_requests() && parse_some(data)) {
  }
  keep_rest(closing_ ? std::string_view() : data);
  corked_ = false;
  flush();
  if (closed_) return;
  set_read_deadline();
  read_on();
}

/// Feeds the parser; false when it needs more than there is.
bool Connection::parse_some(std::string_view& data) {
  if (message_begin_ == Clock::time_point{}) message_begin_ = Clock::now();
  const std::size_t taken = parser_.consume(data);
  data.remove_prefix(taken);
  const RequestParser::State state = parser_.state();
  if (state == RequestParser::State::kFailed) {
    refuse(parser_.failure().status, parser_.failure().message);
    return false;
  }
  if (state == RequestParser::State::kHead) return taken != 0;
  if (!head_seen_) {
    head_seen_ = true;
    on_head();
    if (closing_) return false;
    if (state == RequestParser::State::kBody) {
      // Behind unanswered requests it would seem to belong to the first of them.
      if (data.empty() && queue_.empty() && parser_.expects_continue()) send_interim();
      return true;
    }
  }
  if (state != RequestParser::State::kComplete) return false;
  begin_exchange();
  return true;
}

/// `data` may be the end of rest_ itself.
void Connection::keep_rest(std::string_view data) {
  if (data.empty()) {
    rest_ = std::string();  // gives its memory back
  } else if (data.data() >= rest_.data() && data.data() < rest_.data() + rest_.size()) {
    rest_.erase(0, rest_.size() - data.size());
  } else {
    rest_.assign(data);
  }
}

/// What can be refused without reading the body.
void Connection::on_head() {
  const HttpRequest& request = parser_.request();
  if (!shared_->access.allows(request) && !shared_->access.is_preflight(request)) {
    return refuse(401, "this server wants an API key, expected 'Authorization: Bearer KEY'");
  }
  if (!parse_content_coding(request.headers.get("Content-Encoding"))) {
    return refuse(415, "unknown Content-Encoding, expected gzip, deflate or none");
  }
}

void Connection::refuse(int status, std::string_view message) {
  const auto exchange = add_exchange(parser_.request(), false);
  closing_ = true;
  HttpResponse response = shared_->router.error(exchange->facts().path, status, message);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  exchange->send(std::move(response));
}

std::shared_ptr<Exchange> Connection::add_exchange(const HttpRequest& request, bool keep_alive) {
  const Headers& headers = request.headers;
  const std::string_view id = headers.get("X-Request-Id");
  const std::string_view traceparent = headers.get("traceparent");
  auto exchange = std::make_shared<Exchange>(
      shared_from_this(),
      ExchangeFacts{
          .method = request.method,
          .path = request.path,
          .id = is_request_id(id) ? std::string(id) : make_request_id(),
          .traceparent = is_traceparent(traceparent) ? std::string(traceparent) : std::string(),
          .allow_origin = shared_->access.allow_origin(headers.get("Origin")),
          .accepts = choose_coding(headers.get("Accept-Encoding")),
          .keep_alive = keep_alive,
          .http11 = parser_.http11(),
          .bytes_in = request.body.size(),
          .received = message_begin_,
      }
  );
  queue_.push_back(exchange);
  return exchange;
}

void Connection::begin_exchange() {
  const auto exchange = add_exchange(parser_.request(), parser_.keep_alive());
  HttpRequest request = std::move(parser_.request());
  request.id = exchange->facts().id;
  request.client = client_;
  request.received = message_begin_;
  if (!exchange->keep_alive()) closing_ = true;
  parser_.reset();
  head_seen_ = false;
  message_begin_ = {};
  if (request.headers.get("Content-Encoding").empty()) {
    dispatch(exchange, std::move(request));
  } else {
    dispatch_compressed(exchange, std::move(request));
  }
}

void Connection::dispatch(const std::shared_ptr<Exchange>& exchange, HttpRequest request) {
  Responder responder(exchange);
  if (shared_->access.is_preflight(request)) return responder.send(Access::preflight_answer());
  try {
    shared_->router.dispatch(std::move(request), std::move(responder));
  } catch (const std::exception&) {
    // Out of memory, or a bug of the route's: its Responder has answered 500 when it was destroyed.
  }
}

void Connection::dispatch_compressed(
    const std::shared_ptr<Exchange>& exchange, HttpRequest request
) {
  const auto coding = parse_content_coding(request.headers.get("Content-Encoding"));
  if (coding == ContentCoding::kIdentity) return dispatch(exchange, std::move(request));
  auto unpack = [self = shared_from_this(), exchange, coding = *coding,
                 request = std::move(request)]() mutable {
    auto body = decompress(request.body, coding, self->shared_->options.limits.decompressed_bytes);
    if (!body) {
      const Status failed = body.status();
      const int status = failed.code() == StatusCode::kResourceExhausted ? 413 : 400;
      return exchange->send(self->shared_->router.error(request.path, status, failed.message()));
    }
    request.body = std::move(*body);
    boost::asio::post(
        self->io_.context(), [self, exchange, request = std::move(request)](
                             ) mutable { self->dispatch(exchange, std::move(request)); }
    );
  };
  boost::asio::post(shared_->decompressors, std::move(unpack));
}

void Connection::on_input_end() {
  input_ended_ = closing_ = true;
  if (queue_.empty()) return close();
  set_read_deadline();
  // Has the client gone, or only said all that it has to say? An interim response, which every
  // client of HTTP/1.1 must bear, is answered with a reset in the first case.
  const Exchange& front = *queue_.front();
  if (front.facts().http11 && !front.begun()) send_interim();
  if (!closed_) watch_for_reset();
}

// ---- output

/// Before the next answer, "100 Continue".
void Connection::send_interim() {
  if (transmitting_) return;
  unqueued_ = kContinue;
  flush();
}

void Connection::on_output() {
  if (corked_ || closed_) return;
  flush();
  if (closed_) return;
  // What came while too many answers were owed has its turn now.
  if (takes_requests() && !rest_.empty()) return parse(rest_);
  set_read_deadline();
  read_on();
}

void Connection::gather() {
  buffers_.clear();
  std::size_t size = unqueued_.size();
  if (size != 0) buffers_.push_back(boost::asio::buffer(unqueued_));
  for (const auto& exchange : queue_) {
    bool first = true;
    for (const std::string& piece : exchange->pieces()) {
      const std::string_view bytes = std::exchange(first, false) ? exchange->first_piece() : piece;
      buffers_.push_back(boost::asio::buffer(bytes.data(), bytes.size()));
      size += bytes.size();
      if (size >= kGatheredBytes || buffers_.size() == kGatheredPieces) return;
    }
    if (!exchange->complete()) return;
  }
}

void Connection::flush() {
  if (closed_ || transmitting_ || lingering_) return;
  while (consume(0)) {  // a stream may have ended without another byte
    gather();
    if (buffers_.empty()) return;
    const std::optional<std::size_t> sent = transmit(buffers_);
    if (closed_) return;
    if (!sent) {
      transmitting_ = true;
      write_until(Clock::now() + shared_->options.limits.write_timeout);
      return;
    }
    if (!consume(*sent)) return;
  }
}

void Connection::transmitted(std::size_t size) {
  transmitting_ = false;
  write_deadline_ = kNever;
  if (!closed_ && consume(size)) on_output();
}

/// Drops what has been written, and the exchanges that are answered; false when that ended the
/// connection.
bool Connection::consume(std::size_t size) {
  const std::size_t before = std::min(size, unqueued_.size());
  unqueued_.erase(0, before);
  if (unqueued_.empty()) unqueued_ = std::string();  // gives its memory back
  size -= before;
  while (!queue_.empty()) {
    const auto exchange = queue_.front();
    size = exchange->consume(size);
    if (!exchange->complete() || !exchange->pieces().empty()) return true;
    queue_.pop_front();
    exchange->end();
    if (!exchange->keep_alive()) {
      finish_output();
      return false;
    }
  }
  if (input_ended_) {
    close();
    return false;
  }
  return true;
}

/// The last answer is written: says so to the client, and waits until it has heard it.
void Connection::finish_output() {
  closing_ = true;
  const auto left = std::exchange(queue_, {});
  for (const auto& exchange : left) exchange->leave();
  if (input_ended_) return close();
  rest_ = std::string();
  lingering_ = true;
  write_deadline_ = kNever;
  read_until(Clock::now() + (shared_->draining.load() ? kDrainGrace : kLingerTime));
  end_output();
  read_on();
}

}  // namespace martlet
