#include "server/service/scheduled_model.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/cpu.h"
#include "core/error.h"
#include "martlet/batch_scheduler.h"
#include "server/service/answer_assembly.h"
#include "server/service/batch_runner.h"
#include "server/service/pending_request.h"
#include "server/service/request_ledger.h"
#include "server/service/self_check.h"
#include "server/service/work_queue.h"

namespace martlet {
namespace {

using std::chrono::steady_clock;
using Scheduler = BatchScheduler<TextQuery, TextValues>;

constexpr std::string_view kWhere = "request";
/// A long request lets others tokenize in between.
constexpr std::size_t kBytesPerTurn = 64 << 10;
/// Larger answers are made on the tokenizing threads, so that the next batch need not wait.
constexpr std::size_t kValuesMadeInPlace = 4096;
constexpr auto kTimeToFinish = std::chrono::seconds(60);
constexpr auto kBetweenProbes = std::chrono::milliseconds(500);

class ScheduledModel final : public ServedModel {
 public:
  ScheduledModel(LoadedModel&& model, const ServingOptions& options)
      : options_(options),
        model_(std::move(model)),
        runner_(*model_.encoder, model_.info.pooling, batches_at_once()),
        aside_(
            tokenize_threads(options), static_cast<std::size_t>(options.queue_texts), Turns::kShort
        ) {}

  ~ScheduledModel() override { drain(steady_clock::now() + kTimeToFinish); }

  Status start() {
    const SchedulerOptions scheduling{
        .max_batch_tokens = options_.batch_tokens,
        .max_batch_requests = options_.batch_texts,
        .workers = batches_at_once(),
        .max_queued_tokens = options_.queue_tokens,
        .max_queued_requests = options_.queue_texts,
        .max_queue_time = options_.max_queue_time,
        .max_wait = options_.max_wait,
        .coalesce = options_.coalesce,
    };
    auto scheduler = Scheduler::make(
        scheduling,
        [this](std::span<const TextQuery* const> queries, std::span<TextValues> answers) {
          const SchedulerStats now = scheduler_->stats();
          return runner_.run(
              queries, answers, now.running_batches == 1 && now.queued_requests == 0
          );
        },
        {.clock = nullptr, .runner = nullptr, .observer = ledger_.recorder()}
    );
    if (!scheduler) return scheduler.error();
    scheduler_ = *std::move(scheduler);
    return {};
  }

  [[nodiscard]] const ModelInfo& info() const noexcept override { return model_.info; }
  [[nodiscard]] const Tokenizer* tokenizer() const noexcept override { return &model_.tokenizer; }

  RequestHandlePtr submit(
      std::vector<TextInput> inputs, const RequestOptions& options, Callback callback
  ) override {
    const std::size_t texts = inputs.size();
    auto request = std::make_shared<PendingRequest>(
        std::move(inputs), options, options.kind.value_or(model_.info.natural_kind()),
        std::move(callback)
    );
    ledger_.enter();
    if (Status status = check(*request); !status.ok()) {
      finish(*request, std::move(status));
      return nullptr;
    }
    if (const auto room = room_for(request->options); !room) {
      refuse(*request, room.error());
      return nullptr;
    }
    if (!aside_.push([this, request] { tokenize(request); }, texts)) {
      request->facts.retry_after = retry_time();
      finish(*request, error(StatusCode::kResourceExhausted, kWhere, "too many requests wait"));
      return nullptr;
    }
    return request;
  }

  [[nodiscard]] std::optional<Refused> refuse_unread() override {
    if (ledger_.draining()) return {};  // `submit` has the words for it
    return martlet::refuse_unread(room_for({}), *ledger_.recorder());
  }

  bool run_aside(std::function<void()> task) override { return aside_.push(std::move(task)); }

  [[nodiscard]] bool healthy() override {
    if (runner_.failures_in_a_row() < options_.failures_until_sick) return true;
    const auto now = steady_clock::now().time_since_epoch().count();
    auto last = last_probe_.load();
    const auto pause = std::chrono::nanoseconds(kBetweenProbes).count();
    if (now - last >= pause && last_probe_.compare_exchange_strong(last, now))
      submit({{.text = "probe"}}, {}, [](const auto&, const RequestFacts&) {});
    return false;
  }

  [[nodiscard]] ModelStatistics statistics() const override {
    return ledger_.recorder()->snapshot(scheduler_->stats());
  }

  void drain(steady_clock::time_point deadline) override {
    ledger_.drain(scheduler_.get(), deadline);
  }

 private:
  static int tokenize_threads(const ServingOptions& options) {
    return options.tokenize_threads > 0 ? options.tokenize_threads : std::max(1, usable_cpus() / 2);
  }

  /// Small batches of one thread each wait for nobody; with many CPUs one batch of all threads is
  /// the faster way.
  [[nodiscard]] int batches_at_once() const {
    constexpr int kFewCpus = 4;
    if (options_.workers > 0) return options_.workers;
    const int threads = options_.encoder.threads > 0 ? options_.encoder.threads : usable_cpus();
    return model_.info.encoder.engine == "native" && threads <= kFewCpus ? threads : 1;
  }

  static std::string_view words_for(AnswerKind kind) {
    if (kind == AnswerKind::kEntities) return "entities";
    return kind == AnswerKind::kLogits ? "classification" : "embeddings";
  }

  [[nodiscard]] Status check(const PendingRequest& request) const {
    const ModelInfo& info = model_.info;
    if (ledger_.draining())
      return error(StatusCode::kUnavailable, kWhere, "the model is going away");
    const AnswerKind asked =
        request.kind == AnswerKind::kTokens ? AnswerKind::kEmbedding : request.kind;
    if (asked != info.natural_kind()) {
      return error(
          StatusCode::kUnsupported, kWhere, "the model '{}' is for {}, got a request for {}",
          info.name, to_string(info.task), words_for(asked)
      );
    }
    const auto most = static_cast<std::size_t>(options_.max_inputs);
    if (request.inputs.empty() || request.inputs.size() > most) {
      return error(
          StatusCode::kInvalidInput, kWhere, "texts, got {}, expected 1 to {}",
          request.inputs.size(), most
      );
    }
    if (request.options.dimensions < 0 || request.options.dimensions > info.encoder.hidden_size) {
      return error(
          StatusCode::kInvalidInput, kWhere, "dimensions, got {}, expected 1 to {}",
          request.options.dimensions, info.encoder.hidden_size
      );
    }
    return {};
  }

  /// Refuses before it costs a tokenization what would be refused after it; what is about to be
  /// tokenized counts as if it waited already. With coalescing the tokens decide: they may be on
  /// their way already.
  [[nodiscard]] Scheduler::Admitted<void> room_for(const RequestOptions& options) {
    if (options_.coalesce) return {};
    return scheduler_->would_accept(
        1, submit_options(options), static_cast<int64_t>(aside_.waiting())
    );
  }

  /// Tokenizes as much as one turn allows, and queues what is left.
  void tokenize(const std::shared_ptr<PendingRequest>& request) {
    if (request->cancelled()) return finish(*request, RequestLedger::client_left());
    const auto begun = steady_clock::now();
    const std::size_t first = request->texts->size();
    std::size_t end = first;
    for (std::size_t bytes = 0; end < request->inputs.size() && bytes < kBytesPerTurn; ++end)
      bytes += request->inputs[end].text.size();
    const std::span inputs = std::span(request->inputs).subspan(first, end - first);
    const TextLimits limits = text_limits(model_.info);
    Status status = guarded([&] {
      return encode_inputs(model_.tokenizer, inputs, request->options, limits, *request->texts);
    });
    request->facts.tokenize += steady_clock::now() - begun;
    if (status.ok()) status = check_tokens(*request->texts);
    if (!status.ok()) return finish(*request, std::move(status));
    if (end < request->inputs.size())
      return aside_.push_rest([this, request] { tokenize(request); });
    schedule(request);
  }

  template <class Step>
  static Status guarded(const Step& step) {
    try {
      return step();
    } catch (const std::bad_alloc&) {
      return error(StatusCode::kResourceExhausted, kWhere, "out of memory");
    }
  }

  [[nodiscard]] Status check_tokens(const EncodedTexts& texts) const {
    const auto tokens = static_cast<int64_t>(texts.ids.size());
    if (tokens <= options_.max_request_tokens) return {};
    return error(
        StatusCode::kInvalidInput, kWhere, "tokens, got {} or more, expected at most {}", tokens,
        options_.max_request_tokens
    );
  }

  void schedule(const std::shared_ptr<PendingRequest>& request) {
    const EncodedTexts& texts = *request->texts;
    std::vector<TextQuery> queries;
    std::vector<int32_t> tokens;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      queries.push_back({request->texts, i, request->kind});
      tokens.push_back(texts.tokens(i));
    }
    SubmitOptions how = submit_options(request->options);
    if (texts.size() > 1) return schedule_many(request, std::move(queries), tokens, how);
    if (options_.coalesce) how.key = key_of(texts, request->kind);
    auto ticket = scheduler_->submit(
        std::move(queries[0]), tokens[0], how,
        [this, request](Result<TextValues>&& answer, const RequestTrace& trace) {
          std::vector<Result<TextValues>> answers;
          answers.push_back(std::move(answer));
          answered(request, std::move(answers), {&trace, 1});
        }
    );
    if (!ticket) return refuse(*request, ticket.error());
    watch(*request, {*ticket});
  }

  void schedule_many(
      const std::shared_ptr<PendingRequest>& request, std::vector<TextQuery> queries,
      std::span<const int32_t> tokens, const SubmitOptions& how
  ) {
    auto tickets = scheduler_->submit_many(
        std::move(queries), tokens, how,
        [this, request](
            std::vector<Result<TextValues>>&& answers, std::span<const RequestTrace> traces
        ) { answered(request, std::move(answers), traces); }
    );
    if (!tickets) return refuse(*request, tickets.error());
    watch(*request, *std::move(tickets));
  }

  /// Lets the request's handle cancel its tickets.
  void watch(PendingRequest& request, std::vector<Ticket> tickets) {
    request.set_canceller([this, tickets = std::move(tickets)] {
      for (const Ticket& ticket : tickets) scheduler_->cancel(ticket);
    });
  }

  static std::string key_of(const EncodedTexts& texts, AnswerKind kind) {
    const auto bytes = [](const std::vector<int32_t>& ids) {
      return std::string(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(int32_t));
    };
    return std::to_string(static_cast<int>(kind)) + bytes(texts.ids) + bytes(texts.type_ids);
  }

  void refuse(PendingRequest& request, const Refusal& refusal) {
    finish(request, take_refusal(refusal, request.facts));
  }

  void answered(
      const std::shared_ptr<PendingRequest>& request, std::vector<Result<TextValues>>&& answers,
      std::span<const RequestTrace> traces
  ) {
    read_traces(traces, request->facts);
    const std::size_t values = answers[0] ? answers[0]->values.size() * answers.size() : 0;
    if (values <= kValuesMadeInPlace) return finish_with(*request, answers);
    auto kept = std::make_shared<std::vector<Result<TextValues>>>(std::move(answers));
    aside_.push_rest([this, request, kept] { finish_with(*request, *kept); });
  }

  void finish_with(PendingRequest& request, std::vector<Result<TextValues>>& values) {
    finish(request, assemble_answers(model_, request, values));
  }

  void finish(PendingRequest& request, Result<std::vector<TextAnswer>>&& answers) {
    ledger_.finish(request, request.inputs.size(), std::move(answers));
  }

  [[nodiscard]] std::chrono::milliseconds retry_time() const {
    const auto wait =
        scheduler_->stats().predicted_wait[static_cast<std::size_t>(Priority::kNormal)];
    return std::max(
        std::chrono::milliseconds(100), std::chrono::ceil<std::chrono::milliseconds>(wait)
    );
  }

  const ServingOptions options_;
  LoadedModel model_;
  BatchRunner runner_;
  RequestLedger ledger_;
  std::atomic<int64_t> last_probe_{0};
  // Their threads use what is above; the queue's also use the scheduler, and the other way round,
  // but nothing is pending when they are destroyed.
  std::unique_ptr<Scheduler> scheduler_;
  WorkQueue aside_;
};

}  // namespace

Result<std::unique_ptr<ServedModel>> make_scheduled_model(
    LoadedModel model, const ServingOptions& options
) {
  auto served = std::make_unique<ScheduledModel>(std::move(model), options);
  MARTLET_RETURN_IF_ERROR(served->start());
  return std::unique_ptr<ServedModel>(std::move(served));
}

Result<std::unique_ptr<ServedModel>> load_scheduled_model(
    const ModelSpec& spec, const ServingOptions& options
) {
  auto model = load_served_model(spec, options);
  if (!model) return model.error();
  if (options.self_check) MARTLET_RETURN_IF_ERROR(check_model(spec.directory, *model, options));
  return make_scheduled_model(*std::move(model), options);
}

}  // namespace martlet
