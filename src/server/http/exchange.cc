#include "server/http/exchange.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "server/http/connection.h"
#include "server/http/response_head.h"

namespace martlet {
namespace {

// Below this a copy into the head's buffer is cheaper than a second entry of the gathered write.
constexpr std::size_t kSmallBody = 4 << 10;

constexpr int kTooManyRequests = 429;
constexpr int kClientClosedRequest = 499;

/// Whether text of that type is worth compressing; numbers in binary are not.
bool is_compressible(std::string_view content_type) {
  return content_type.starts_with("application/json") || content_type.starts_with("text/") ||
         content_type.starts_with("application/x-ndjson");
}

}  // namespace

Exchange::Exchange(std::shared_ptr<Connection> connection, ExchangeFacts facts)
    : connection_(std::move(connection)), facts_(std::move(facts)), keep_alive_(facts_.keep_alive) {
  connection_->shared().exchanges.fetch_add(1);
}

bool Exchange::has_no_body(int status) const {
  return facts_.method == "HEAD" || status == 204 || status == 304;
}

std::string Exchange::head_of(const HttpResponse& response, std::size_t size, bool stream) {
  if (stream && !facts_.http11) keep_alive_ = false;  // its end shows in no other way
  status_ = response.status;
  phases_ = response.phases;
  headless_ = has_no_body(response.status);
  HeadOptions options{
      .content_length = std::nullopt,
      .chunked = stream && facts_.http11,
      .keep_alive = keep_alive_,
      .request_id = facts_.id,
      .allow_origin = facts_.allow_origin,
  };
  if (!stream && response.status != 204) options.content_length = size;
  return write_head(response, options);
}

void Exchange::send(HttpResponse&& response) {
  if (gone_.load()) return;
  const std::size_t threshold = connection_->shared().options.compress_from;
  if (facts_.accepts != ContentCoding::kIdentity && response.body.size() >= threshold &&
      is_compressible(response.content_type)) {
    if (std::string packed = compress(response.body, facts_.accepts); !packed.empty()) {
      response.body = std::move(packed);
      response.headers.emplace_back("Content-Encoding", to_string(facts_.accepts));
      response.headers.emplace_back("Vary", "Accept-Encoding");
    }
  }
  std::string head = head_of(response, response.body.size(), false);
  answered_ = std::chrono::steady_clock::now();
  deposit(std::move(head), headless_ ? std::string() : std::move(response.body));
}

void Exchange::deposit(std::string&& head, std::string&& body) {
  if (body.size() <= kSmallBody) {
    head += body;
    body.clear();
  }
  auto hand_over = [self = shared_from_this(), head = std::move(head),
                    body = std::move(body)]() mutable {
    self->accept_head(std::move(head));
    self->accept(std::move(body));
    self->complete_ = true;
    self->connection_->on_output();
  };
  // On its own thread the connection gathers this answer with those around it.
  if (connection_->io().context().get_executor().running_in_this_thread()) {
    if (status_ == kTooManyRequests) connection_->io().refused();
    hand_over();
  } else {
    boost::asio::post(connection_->io().context(), std::move(hand_over));
  }
}

void Exchange::start(HttpResponse&& head) {
  started_ = true;
  if (gone_.load()) return;
  boost::asio::post(
      connection_->io().context(),
      [self = shared_from_this(), bytes = head_of(head, 0, true)]() mutable {
        self->accept_head(std::move(bytes));
        self->connection_->on_output();
      }
  );
  write(std::move(head.body));
}

void Exchange::write(std::string&& chunk) {
  if (chunk.empty() || headless_) return;
  if (!facts_.http11) return post_piece(std::move(chunk), false);
  post_piece(fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk), false);
}

void Exchange::finish() {
  answered_ = std::chrono::steady_clock::now();
  post_piece(facts_.http11 && !headless_ ? "0\r\n\r\n" : "", true);
}

// Always posted, even by the I/O thread: pieces that other threads have posted come first.
void Exchange::post_piece(std::string&& piece, bool last) {
  if (gone_.load()) return;
  boost::asio::post(
      connection_->io().context(),
      [self = shared_from_this(), piece = std::move(piece), last]() mutable {
        self->accept(std::move(piece));
        self->complete_ = last;
        self->connection_->on_output();
      }
  );
}

void Exchange::abandon() noexcept {
  try {
    if (started_) {
      connection_->io().run([self = shared_from_this()] { self->connection_->close(); });
      return;
    }
    send(connection_->shared().router.error(facts_.path, 500, "the server failed to answer"));
  } catch (const std::exception&) {
    // Out of memory for an error message: the connection's timeouts end it.
  }
}

void Exchange::on_client_gone(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!gone_.load()) {
      on_gone_ = std::move(callback);
      return;
    }
  }
  callback();
}

/// Adds the last word of a connection that drains.
void Exchange::accept_head(std::string&& head) {
  if (keep_alive_ && !gone_.load() && connection_->ends_with(*this)) {
    keep_alive_ = false;
    head.insert(head.find("\r\n") + 2, "Connection: close\r\n");
  }
  accept(std::move(head));
}

void Exchange::accept(std::string&& piece) {
  if (!piece.empty()) pieces_.push_back(std::move(piece));
}

std::size_t Exchange::consume(std::size_t size) {
  while (size != 0 && written_ < pieces_.size()) {
    std::string& piece = pieces_[written_];
    const std::size_t here = std::min(size, piece.size() - offset_);
    offset_ += here;
    bytes_out_ += here;
    size -= here;
    if (offset_ < piece.size()) break;
    piece = std::string();  // gives its memory back
    ++written_;
    offset_ = 0;
  }
  if (written_ == pieces_.size()) {
    pieces_.clear();
    written_ = 0;
  }
  return size;
}

void Exchange::end() {
  {
    const std::lock_guard lock(mutex_);
    on_gone_ = nullptr;
  }
  connection_->shared().exchanges.fetch_sub(1);
  record(status_);
}

void Exchange::leave() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    gone_.store(true);
    callback = std::exchange(on_gone_, nullptr);
  }
  connection_->shared().exchanges.fetch_sub(1);
  record(kClientClosedRequest);
  if (callback) callback();
}

void Exchange::record(int status) const {
  HttpObserver* observer = connection_->shared().observer;
  if (observer == nullptr) return;
  const auto now = std::chrono::steady_clock::now();
  observer->on_exchange({
      .method = facts_.method,
      .path = facts_.path,
      .route = route_,
      .id = facts_.id,
      .traceparent = facts_.traceparent,
      .client = connection_->client(),
      .status = status,
      .bytes_in = facts_.bytes_in,
      .bytes_out = bytes_out_,
      .received = facts_.received,
      .answered = status == kClientClosedRequest ? now : answered_,
      .written = now,
      .phases = status == kClientClosedRequest ? HttpPhases() : phases_,
  });
}

}  // namespace martlet
