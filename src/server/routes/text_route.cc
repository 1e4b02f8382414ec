#include "server/routes/text_route.h"

#include <fmt/format.h>

#include <charconv>
#include <mutex>
#include <utility>

#include "core/error.h"
#include "formats/json.h"

namespace martlet {
namespace {

constexpr std::string_view kWhere = "request";
constexpr int64_t kLongestTimeoutMs = int64_t{24} * 3600 * 1000;

/// Joins a client that may leave at any time with the handle that comes after submitting.
class CancelOnLeave {
 public:
  void leave() {
    const std::lock_guard lock(mutex_);
    left_ = true;
    if (handle_ != nullptr) handle_->cancel();
  }
  void watch(RequestHandlePtr handle) {
    const std::lock_guard lock(mutex_);
    handle_ = std::move(handle);
    if (left_ && handle_ != nullptr) handle_->cancel();
  }

 private:
  std::mutex mutex_;
  bool left_ = false;
  RequestHandlePtr handle_;
};

/// What a request is owed, from the submit to the answer. A client that leaves cancels.
class Reply {
 public:
  Reply(const HttpRequest& request, Responder responder, const Dialect& dialect)
      : owed_(std::make_shared<Responder>(std::move(responder))),
        cancel_(std::make_shared<CancelOnLeave>()),
        dialect_(&dialect),
        timing_(request.headers.find("X-Server-Timing") != nullptr) {
    owed_->on_client_gone([cancel = cancel_] { cancel->leave(); });
  }

  void watch(RequestHandlePtr handle) const { cancel_->watch(std::move(handle)); }
  void fail(const Status& status, const RequestFacts& facts) const {
    owed_->send(failure_response(status, facts, dialect_->error_shape, dialect_->status_of));
  }
  void send(HttpResponse response, const RequestFacts& facts) const {
    response.phases = {
        .tokenize = facts.tokenize,
        .queue = facts.queue,
        .run = facts.run,
        .batch_texts = facts.batch_texts,
        .batch_tokens = facts.batch_tokens,
    };
    if (timing_) response.headers.emplace_back("Server-Timing", server_timing(facts));
    owed_->send(std::move(response));
  }

 private:
  std::shared_ptr<Responder> owed_;
  std::shared_ptr<CancelOnLeave> cancel_;
  const Dialect* dialect_;
  bool timing_;
};

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::string names_of(const std::vector<ModelEntry>& entries) {
  std::string names;
  for (const ModelEntry& entry : entries) names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

/// Why nothing has the name.
Status no_such_model(const ModelRegistry& models, std::string_view name) {
  const auto entries = models.index();
  for (const ModelEntry& entry : entries) {
    if (!name.empty() && entry.name != name) continue;
    if (entry.state == ModelState::kLoading) {
      return error(
          StatusCode::kUnavailable, kWhere, "the model {} is still loading", in_quotes(entry.name)
      );
    }
    if (entry.state == ModelState::kUnavailable) {
      return error(
          StatusCode::kUnavailable, kWhere, "the model {} could not be loaded",
          in_quotes(entry.name)
      );
    }
  }
  if (entries.empty()) return error(StatusCode::kUnavailable, kWhere, "there is no model");
  if (!name.empty())
    return error(StatusCode::kNotFound, kWhere, "there is no model {}", in_quotes(name));
  return error(
      StatusCode::kInvalidInput, kWhere, "got no model name, expected one of {}", names_of(entries)
  );
}

/// Submits by `submit(callback)`, and answers with what `write(outcome, facts)` makes of the
/// outcome. The model outlives its callbacks, and with it its info.
template <class Outcome, class Write, class Submit>
void answer(
    const HttpRequest& request, Responder responder, RequestOptions& options,
    const Dialect& dialect, Write write, const Submit& submit
) {
  if (const Status status = read_option_headers(request, options); !status.ok())
    return answer_failure(std::move(responder), status, dialect);
  Reply reply(request, std::move(responder), dialect);
  reply.watch(submit([reply, write = std::move(write
                             )](Result<Outcome>&& outcome, const RequestFacts& facts) {
    if (!outcome) return reply.fail(outcome.error(), facts);
    reply.send(write(*std::move(outcome), facts), facts);
  }));
}

}  // namespace

Status read_option_headers(const HttpRequest& request, RequestOptions& options) {
  if (const std::string* word = request.headers.find("X-Priority")) {
    bool known = false;
    for (const Priority priority : {Priority::kInteractive, Priority::kNormal, Priority::kBulk}) {
      if (to_string(priority) != *word) continue;
      options.priority = priority;
      known = true;
    }
    if (!known) {
      return error(
          StatusCode::kInvalidInput, "X-Priority", "got {}, expected interactive, normal or bulk",
          in_quotes(*word)
      );
    }
  }
  if (const std::string* word = request.headers.find("X-Timeout-Ms")) {
    int64_t timeout = 0;
    const auto [end, failure] = std::from_chars(word->data(), word->data() + word->size(), timeout);
    if (failure != std::errc() || end != word->data() + word->size() || timeout < 1 ||
        timeout > kLongestTimeoutMs) {
      return error(
          StatusCode::kInvalidInput, "X-Timeout-Ms", "got {}, expected 1 to {}", in_quotes(*word),
          kLongestTimeoutMs
      );
    }
    options.deadline = request.received + std::chrono::milliseconds(timeout);
  }
  return {};
}

void answer_texts(
    const HttpRequest& request, Responder responder, TextRequest&& texts, const Dialect& dialect,
    AnswerWriter write
) {
  ServedModel& model = *texts.model;
  answer<std::vector<TextAnswer>>(
      request, std::move(responder), texts.options, dialect,
      [&info = model.info(),
       write = std::move(write)](std::vector<TextAnswer>&& answers, const RequestFacts& facts) {
        HttpResponse response = write(info, std::move(answers), facts);
        response.headers.emplace_back("X-Truncated-Texts", std::to_string(facts.truncated));
        return response;
      },
      [&](auto callback) {
        return model.submit(std::move(texts.inputs), texts.options, std::move(callback));
      }
  );
}

void answer_tensors(
    const HttpRequest& request, Responder responder, TensorAsk&& ask, const Dialect& dialect,
    TensorWriter write
) {
  ServedModel& model = *ask.model;
  answer<std::vector<NamedTensor>>(
      request, std::move(responder), ask.options, dialect,
      [&info = model.info(), write = std::move(write)](
          std::vector<NamedTensor>&& outputs, const RequestFacts& facts
      ) { return write(info, std::move(outputs), facts); },
      [&](auto callback) {
        return model.tensors()->submit_tensors(
            std::move(ask.tensors), ask.options, std::move(callback)
        );
      }
  );
}

void answer_failure(Responder responder, const Status& status, const Dialect& dialect) {
  responder.send(failure_response(status, {}, dialect.error_shape, dialect.status_of));
}

std::string server_timing(const RequestFacts& facts) {
  return fmt::format(
      "tokenize;dur={:.3f}, queue;dur={:.3f}, run;dur={:.3f}, batch;desc=\"texts={} tokens={}\"",
      milliseconds(facts.tokenize), milliseconds(facts.queue), milliseconds(facts.run),
      facts.batch_texts, facts.batch_tokens
  );
}

Result<std::shared_ptr<ServedModel>> find_model(
    const ModelRegistry& models, std::string_view name, ModelRegistry::Fits fits, NameRule rule
) {
  std::shared_ptr<ServedModel> model;
  if (!name.empty()) {
    model = models.find(name);
    if (model == nullptr && rule == NameRule::kLenient)
      model = models.find(name.substr(name.rfind('/') + 1));
  }
  if (model == nullptr && (name.empty() || rule == NameRule::kLenient)) model = models.only(fits);
  // One that does not fit says better what is wrong than one that is missing.
  if (model == nullptr && name.empty()) model = models.only();
  if (model == nullptr) return no_such_model(models, name);
  return model;
}

bool embeds(const ModelInfo& info) { return info.task == ModelTask::kEmbedding; }
bool predicts(const ModelInfo& info) {
  return info.is_classifier() || info.task == ModelTask::kTokenClassification;
}
bool sees_images(const ModelInfo& info) { return info.task == ModelTask::kImageClassification; }
bool classifies(const ModelInfo& info) { return info.is_classifier(); }
bool reranks(const ModelInfo& info) { return info.is_classifier() && info.columns() <= 2; }

}  // namespace martlet
