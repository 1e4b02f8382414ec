#include "server/routes/text_stream_route.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "formats/json_writer.h"
#include "server/service/public_message.h"

namespace martlet {
namespace {

constexpr std::size_t kSliceTexts = 64;
/// Slices in the model at once: one computes while the next ones are tokenized.
constexpr std::size_t kSlicesInFlight = 4;

/// One streamed request. Callbacks of the model move it on; the mutex orders them.
class TextStream : public std::enable_shared_from_this<TextStream> {
 public:
  TextStream(Responder responder, TextRequest&& texts, const Dialect& dialect, LineWriter write)
      : responder_(std::move(responder)),
        texts_(std::move(texts)),
        dialect_(dialect),
        write_(std::move(write)) {}

  void start() {
    responder_.on_client_gone([weak = weak_from_this()] {
      if (const auto stream = weak.lock()) stream->gone();
    });
    submit_more();
  }

 private:
  struct Slice {
    Result<std::vector<TextAnswer>> answers;
    RequestFacts facts;
  };

  /// Submits until enough is in flight. `submit` may call back at once, so the lock is not held.
  void submit_more() {
    while (const auto slice = take_slice()) {
      auto self = shared_from_this();
      texts_.model->submit(
          slice->second, texts_.options,
          [self, first = slice->first](
              Result<std::vector<TextAnswer>>&& answers, const RequestFacts& facts
          ) { self->answered(first, {std::move(answers), facts}); }
      );
    }
  }

  /// The next slice and the index of its first text; none when there is nothing to submit now.
  std::optional<std::pair<std::size_t, std::vector<TextInput>>> take_slice() {
    const std::lock_guard lock(mutex_);
    if (over_ || in_flight_ == kSlicesInFlight || next_ == texts_.inputs.size()) return {};
    const std::size_t first = next_;
    next_ = std::min(texts_.inputs.size(), first + kSliceTexts);
    ++in_flight_;
    const auto begin = texts_.inputs.begin();
    return std::pair(
        first, std::vector<TextInput>(
                   std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(first)),
                   std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(next_))
               )
    );
  }

  void answered(std::size_t first, Slice&& slice) {
    {
      const std::lock_guard lock(mutex_);
      --in_flight_;
      done_.emplace(first, std::move(slice));
      while (!over_ && !done_.empty() && done_.begin()->first == written_) {
        const Slice ready = std::move(done_.extract(done_.begin()).mapped());
        write_slice(ready);
      }
    }
    submit_more();
  }

  void write_slice(const Slice& slice) {
    if (!slice.answers) return fail(slice);
    std::string lines;
    for (const TextAnswer& answer : *slice.answers) {
      write_(lines, texts_.model->info(), answer, static_cast<int64_t>(written_++));
      lines += '\n';
    }
    send(std::move(lines));
    if (written_ < texts_.inputs.size()) return;
    over_ = true;
    responder_.finish();
  }

  void fail(const Slice& slice) {
    over_ = true;
    const Status& status = slice.answers.error();
    if (!started_) {
      return responder_.send(
          failure_response(status, slice.facts, dialect_.error_shape, dialect_.status_of)
      );
    }
    std::string line;
    {
      JsonObject object(line);
      object.member("index", static_cast<int64_t>(written_));
      object.member("error", message_for_client(status));
    }
    send(line + '\n');
    responder_.finish();
  }

  void send(std::string lines) {
    if (std::exchange(started_, true)) return responder_.write(std::move(lines));
    responder_.start(
        {.content_type = "application/x-ndjson", .headers = {}, .body = std::move(lines)}
    );
  }

  void gone() {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }

  std::mutex mutex_;
  Responder responder_;
  TextRequest texts_;
  const Dialect& dialect_;
  const LineWriter write_;
  std::size_t next_ = 0;               // first text that is not submitted
  std::size_t written_ = 0;            // first text whose line is not written
  std::size_t in_flight_ = 0;          // slices
  std::map<std::size_t, Slice> done_;  // by first text: those that wait for their turn
  bool started_ = false;
  bool over_ = false;
};

}  // namespace

void stream_texts(
    const HttpRequest& request, Responder responder, TextRequest&& texts, const Dialect& dialect,
    LineWriter write
) {
  if (const Status status = read_option_headers(request, texts.options); !status.ok())
    return answer_failure(std::move(responder), status, dialect);
  if (texts.inputs.empty()) {
    return answer_failure(
        std::move(responder),
        {StatusCode::kInvalidInput, "[request] texts, got 0, expected 1 or more"}, dialect
    );
  }
  std::make_shared<TextStream>(std::move(responder), std::move(texts), dialect, std::move(write))
      ->start();
}

}  // namespace martlet
