#include "server/service/graph_model.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/cpu.h"
#include "core/error.h"
#include "engines/graph_options.h"
#include "formats/graph_file.h"
#include "formats/model_hash.h"
#include "martlet/batch_scheduler.h"
#include "pipelines/scores.h"
#include "server/service/answer_assembly.h"
#include "server/service/failure_streak.h"
#include "server/service/pending_request.h"
#include "server/service/request_ledger.h"
#include "server/service/work_queue.h"

namespace martlet {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kWhere = "request";
constexpr auto kTimeToFinish = std::chrono::seconds(60);

/// An image, which runs with others, or tensors, which run as they came.
using GraphQuery = std::variant<PixelValues, TensorRequest>;

struct GraphAnswer {
  std::vector<float> logits;         // of an image
  std::vector<NamedTensor> outputs;  // of tensors
};

using Scheduler = BatchScheduler<GraphQuery, GraphAnswer>;

/// A request for tensors on its way.
class PendingTensors final : public CancellableRequest {
 public:
  TensorService::Callback callback;
  RequestFacts facts;
  const steady_clock::time_point begun = steady_clock::now();
};

class GraphModel final : public ServedModel, private TensorService {
 public:
  GraphModel(GraphParts&& parts, const ServingOptions& options)
      : options_(options),
        parts_(std::move(parts)),
        executor_(parts_.images ? parts_.images->executor() : *parts_.executor),
        readers_(std::max(1, usable_cpus() / 2), static_cast<std::size_t>(options.queue_texts)) {}

  ~GraphModel() override { drain(steady_clock::now() + kTimeToFinish); }

  Status start() {
    const SchedulerOptions scheduling{
        .max_batch_tokens = options_.batch_images,
        .max_batch_requests = options_.batch_images,
        .workers = std::max(options_.workers, 1),
        .max_queued_tokens = options_.queue_texts,
        .max_queued_requests = options_.queue_texts,
        .max_queue_time = options_.max_queue_time,
        .max_wait = options_.max_wait,
    };
    auto scheduler = Scheduler::make(
        scheduling,
        [this](std::span<const GraphQuery* const> queries, std::span<GraphAnswer> answers) {
          const Status status = run(queries, answers);
          failures_.count(status, queries.size());
          return status;
        },
        {.clock = nullptr, .runner = nullptr, .observer = ledger_.recorder()}
    );
    if (!scheduler) return scheduler.error();
    scheduler_ = *std::move(scheduler);
    return {};
  }

  [[nodiscard]] const ModelInfo& info() const noexcept override { return parts_.info; }
  [[nodiscard]] const Tokenizer* tokenizer() const noexcept override { return nullptr; }
  [[nodiscard]] TensorService* tensors() noexcept override { return this; }

  RequestHandlePtr submit(
      std::vector<TextInput> inputs, const RequestOptions& options, ServedModel::Callback callback
  ) override {
    const std::size_t images = inputs.size();
    auto request = std::make_shared<PendingRequest>(
        std::move(inputs), options, AnswerKind::kLogits, std::move(callback)
    );
    ledger_.enter();
    if (Status status = check_images(*request); !status.ok()) {
      finish(*request, std::move(status));
      return nullptr;
    }
    if (const auto room = room_for(options); !room) {
      finish(*request, take_refusal(room.error(), request->facts));
      return nullptr;
    }
    if (!readers_.push([this, request] { read(request); }, images)) {
      finish(*request, error(StatusCode::kResourceExhausted, kWhere, "too many images wait"));
      return nullptr;
    }
    return request;
  }

  RequestHandlePtr submit_tensors(
      TensorRequest tensors, const RequestOptions& options, TensorService::Callback callback
  ) override {
    auto request = std::make_shared<PendingTensors>();
    request->callback = std::move(callback);
    ledger_.enter();
    if (ledger_.draining()) {
      finish(*request, going_away());
      return nullptr;
    }
    auto ticket = scheduler_->submit(
        GraphQuery(std::move(tensors)), 1, submit_options(options),
        [this, request](Result<GraphAnswer>&& answer, const RequestTrace& trace) {
          read_traces({&trace, 1}, request->facts);
          if (!answer) return finish(*request, answer.error());
          finish(*request, std::move(answer->outputs));
        }
    );
    if (!ticket) {
      finish(*request, take_refusal(ticket.error(), request->facts));
      return nullptr;
    }
    request->set_canceller([this, ticket = *ticket] { scheduler_->cancel(ticket); });
    return request;
  }

  [[nodiscard]] std::optional<Refused> refuse_unread() override {
    if (ledger_.draining()) return {};  // `submit` has the words for it
    return martlet::refuse_unread(room_for({}), *ledger_.recorder());
  }

  bool run_aside(std::function<void()> task) override { return readers_.push(std::move(task)); }

  [[nodiscard]] bool healthy() override {
    return failures_.length() < options_.failures_until_sick;
  }

  [[nodiscard]] ModelStatistics statistics() const override {
    return ledger_.recorder()->snapshot(scheduler_->stats());
  }

  void drain(steady_clock::time_point deadline) override {
    ledger_.drain(scheduler_.get(), deadline);
  }

 private:
  static Status going_away() {
    return error(StatusCode::kUnavailable, kWhere, "the model is going away");
  }

  /// Images that are about to be read count as if they waited already.
  [[nodiscard]] tl::expected<void, Refusal> room_for(const RequestOptions& options) {
    return scheduler_->would_accept(
        1, submit_options(options), static_cast<int64_t>(readers_.waiting())
    );
  }

  [[nodiscard]] Status check_images(const PendingRequest& request) const {
    if (ledger_.draining()) return going_away();
    if (!parts_.images ||
        request.options.kind.value_or(AnswerKind::kLogits) != AnswerKind::kLogits) {
      return error(
          StatusCode::kUnsupported, kWhere, "the model '{}' is for {}, got a request for texts",
          parts_.info.name, to_string(parts_.info.task)
      );
    }
    const auto most = static_cast<std::size_t>(options_.max_inputs);
    if (!request.inputs.empty() && request.inputs.size() <= most) return {};
    return error(
        StatusCode::kInvalidInput, kWhere, "images, got {}, expected 1 to {}",
        request.inputs.size(), most
    );
  }

  /// Decodes and preprocesses every image of the request.
  void read(const std::shared_ptr<PendingRequest>& request) {
    if (request->cancelled()) return finish(*request, RequestLedger::client_left());
    const auto begun = steady_clock::now();
    auto queries = std::make_shared<std::vector<GraphQuery>>();
    Status status;
    try {
      for (std::size_t i = 0; i < request->inputs.size() && status.ok(); ++i) {
        const std::string& file = request->inputs[i].text;
        auto pixels =
            parts_.images->read(std::as_bytes(std::span(file)), fmt::format("image {}", i));
        status = pixels.status();
        if (pixels) queries->emplace_back(*std::move(pixels));
      }
    } catch (const std::bad_alloc&) {
      status = error(StatusCode::kResourceExhausted, kWhere, "out of memory");
    }
    request->facts.tokenize += steady_clock::now() - begun;
    if (!status.ok()) return finish(*request, std::move(status));
    schedule(request, std::move(*queries));
  }

  void schedule(const std::shared_ptr<PendingRequest>& request, std::vector<GraphQuery> queries) {
    const std::vector<std::int32_t> sizes(queries.size(), 1);
    auto tickets = scheduler_->submit_many(
        std::move(queries), sizes, submit_options(request->options),
        [this, request](
            std::vector<Result<GraphAnswer>>&& answers, std::span<const RequestTrace> traces
        ) {
          read_traces(traces, request->facts);
          finish(*request, gather(answers));
        }
    );
    if (!tickets) return finish(*request, take_refusal(tickets.error(), request->facts));
    request->set_canceller([this, tickets = *std::move(tickets)] {
      for (const Ticket& ticket : tickets) scheduler_->cancel(ticket);
    });
  }

  static Result<std::vector<TextAnswer>> gather(std::vector<Result<GraphAnswer>>& answers) {
    std::vector<TextAnswer> rows;
    for (auto& answer : answers) {
      if (!answer) return answer.error();
      rows.emplace_back().values = std::move(answer->logits);
    }
    return rows;
  }

  Status run(std::span<const GraphQuery* const> queries, std::span<GraphAnswer> answers) {
    std::vector<const PixelValues*> images;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      if (const auto* pixels = std::get_if<PixelValues>(queries[i])) {
        images.push_back(pixels);
      } else {
        MARTLET_RETURN_IF_ERROR(run_tensors(std::get<TensorRequest>(*queries[i]), answers[i]));
      }
    }
    if (images.empty()) return {};
    std::vector<std::vector<float>> logits;
    MARTLET_RETURN_IF_ERROR(parts_.images->run(images, logits));
    std::size_t next = 0;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      if (std::holds_alternative<PixelValues>(*queries[i]))
        answers[i].logits = std::move(logits[next++]);
    }
    return {};
  }

  Status run_tensors(const TensorRequest& request, GraphAnswer& answer) {
    std::vector<TensorView> views;
    for (const NamedTensor& input : request.inputs) views.push_back(input.view());
    for (const std::string& name : request.outputs) answer.outputs.push_back({.name = name});
    return executor_.run(views, answer.outputs);
  }

  static std::size_t images_of(const PendingRequest& request) { return request.inputs.size(); }
  static std::size_t images_of(const PendingTensors& /*request*/) { return 1; }

  template <class Request, class Answers>
  void finish(Request& request, Result<Answers>&& answers) {
    ledger_.finish(request, images_of(request), std::move(answers));
  }
  void finish(PendingRequest& request, Status status) {
    finish(request, Result<std::vector<TextAnswer>>(std::move(status)));
  }
  void finish(PendingTensors& request, Status status) {
    finish(request, Result<std::vector<NamedTensor>>(std::move(status)));
  }
  void finish(PendingTensors& request, std::vector<NamedTensor>&& outputs) {
    finish(request, Result<std::vector<NamedTensor>>(std::move(outputs)));
  }

  const ServingOptions options_;
  GraphParts parts_;
  Executor& executor_;
  RequestLedger ledger_;
  FailureStreak failures_;
  // Their threads use what is above.
  std::unique_ptr<Scheduler> scheduler_;
  WorkQueue readers_;
};

ModelInfo info_of(const ModelSpec& spec, const Executor& executor, const ExecutorOptions& options) {
  ModelInfo info;
  info.name = spec.name;
  info.task = ModelTask::kTensors;
  info.signature = executor.signature();
  info.encoder.engine = options.engine;
  info.encoder.precision = options.settings.contains("precision") ? "bf16" : "fp32";
  return info;
}

Result<GraphParts> load_parts(const ModelSpec& spec, const ServingOptions& options) {
  EncoderOptions flags = options.encoder;
  flags.precision = flags.precision == "bf16" ? "bf16" : "auto";  // the others are other models'
  const auto how = graph_executor_options(flags);
  if (!how) return how.error();
  const auto graph = find_graph(spec.directory);
  if (!graph) return graph.error();
  auto executor = load_executor(*graph, *how);
  if (!executor) return executor.error();
  GraphParts parts{.info = info_of(spec, **executor, *how), .executor = nullptr, .images = {}};
  auto hash = model_hash(*graph);
  if (!hash) return hash.error();
  parts.info.hash = *std::move(hash);
  if (!is_image_model(spec.directory)) {
    parts.executor = *std::move(executor);
    return parts;
  }
  const auto files = load_image_model_files(spec.directory, {});
  if (!files) return files.error();
  auto images = ImageModel::make(*std::move(executor), *files);
  if (!images) return images.error();
  parts.info.task = ModelTask::kImageClassification;
  parts.info.labels.assign(images->labels().begin(), images->labels().end());
  parts.info.encoder.labels = static_cast<int32_t>(parts.info.labels.size());
  parts.info.score_function = score_function_for(images->problem_type(), parts.info.labels.size());
  parts.images = *std::move(images);
  return parts;
}

}  // namespace

bool is_graph_model(const std::filesystem::path& model) {
  if (is_image_model(model)) return true;
  if (!is_graph_file(model)) return false;
  const auto tokenizer = graph_text(model, onnx_metadata::kTokenizer, "tokenizer.json");
  return !tokenizer && tokenizer.error().code() == StatusCode::kNotFound;
}

Result<std::unique_ptr<ServedModel>> make_graph_model(
    GraphParts parts, const ServingOptions& options
) {
  auto served = std::make_unique<GraphModel>(std::move(parts), options);
  MARTLET_RETURN_IF_ERROR(served->start());
  return std::unique_ptr<ServedModel>(std::move(served));
}

Result<std::unique_ptr<ServedModel>> load_graph_model(
    const ModelSpec& spec, const ServingOptions& options
) {
  auto parts = load_parts(spec, options);
  if (!parts) return parts.error();
  return make_graph_model(*std::move(parts), options);
}

}  // namespace martlet
