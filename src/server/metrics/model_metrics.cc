#include "server/metrics/model_metrics.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace martlet {
namespace {

using Models = std::vector<std::pair<std::string, ModelStatistics>>;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

Models read_statistics(const ModelRegistry& registry) {
  Models models;
  for (const ModelEntry& entry : registry.index()) {
    if (const auto model = registry.find(entry.name)) {
      models.emplace_back(entry.name, model->statistics());
    }
  }
  return models;
}

template <class Value>
void write_number(const Models& models, Exposition& out, Value ModelStatistics::* number) {
  for (const auto& [name, statistics] : models) {
    out.sample({{"model", name}}, static_cast<double>(statistics.*number));
  }
}

void write_histogram(
    const Models& models, Exposition& out, Histogram ModelStatistics::* histogram
) {
  for (const auto& [name, statistics] : models)
    out.sample({{"model", name}}, statistics.*histogram);
}

void write_time(
    const Models& models, Exposition& out, std::chrono::nanoseconds ModelStatistics::* time
) {
  for (const auto& [name, statistics] : models) {
    out.sample({{"model", name}}, seconds(statistics.*time));
  }
}

void write_requests(const Models& models, Exposition& out) {
  out.counter("martlet_requests_total", "Requests to a model that were answered.");
  for (const auto& [name, statistics] : models) {
    out.sample({{"model", name}}, static_cast<double>(statistics.success.count));
  }
  out.counter("martlet_request_failures_total", "Requests to a model that failed, by why.");
  for (const auto& [name, statistics] : models) {
    for (const auto& [code, count] : statistics.failures) {
      out.sample({{"model", name}, {"code", code}}, static_cast<double>(count));
    }
  }
  out.counter("martlet_texts_total", "Texts in answered requests.");
  write_number(models, out, &ModelStatistics::texts);
  out.counter("martlet_tokens_total", "Tokens in answered requests, after truncation.");
  write_number(models, out, &ModelStatistics::tokens);
  out.counter("martlet_truncated_texts_total", "Texts that were cut to what the model takes.");
  write_number(models, out, &ModelStatistics::truncated_texts);
}

void write_phases(const Models& models, Exposition& out) {
  out.histogram("martlet_request_seconds", "From a model's request to its answer.");
  write_histogram(models, out, &ModelStatistics::request_seconds);
  out.histogram("martlet_tokenize_seconds", "Tokenizing a request.");
  write_histogram(models, out, &ModelStatistics::tokenize_seconds);
  out.histogram("martlet_queue_seconds", "A request's wait for its batch.");
  write_histogram(models, out, &ModelStatistics::queue_seconds);
  out.histogram("martlet_run_seconds", "A request's batch on the engine.");
  write_histogram(models, out, &ModelStatistics::run_seconds);
  out.histogram("martlet_batch_oldest_wait_seconds", "The longest wait in a batch.");
  write_histogram(models, out, &ModelStatistics::oldest_wait_seconds);
}

void write_batches(const Models& models, Exposition& out) {
  out.histogram("martlet_batch_texts", "Texts of a batch.");
  write_histogram(models, out, &ModelStatistics::batch_texts);
  out.histogram("martlet_batch_tokens", "Tokens of a batch.");
  write_histogram(models, out, &ModelStatistics::batch_tokens);
  out.counter("martlet_batches_released_total", "Batches by why they were begun.");
  for (const auto& [name, statistics] : models) {
    for (const auto& [reason, count] : statistics.releases) {
      out.sample({{"model", name}, {"reason", reason}}, static_cast<double>(count));
    }
  }
  out.counter("martlet_engine_calls_total", "Calls of the engine; failed batches are halved.");
  write_number(models, out, &ModelStatistics::batch_calls);
  out.counter("martlet_batch_tokens_total", "Tokens that the engine has computed.");
  write_number(models, out, &ModelStatistics::batch_tokens_total);
  out.counter(
      "martlet_padded_tokens_total", "Tokens that an engine that pads would have computed for them."
  );
  write_number(models, out, &ModelStatistics::padded_tokens);
  out.counter("martlet_batch_predicted_seconds_total", "Predicted run time of all batches.");
  write_time(models, out, &ModelStatistics::predicted_run);
  out.counter("martlet_batch_seconds_total", "Real run time of all batches.");
  write_time(models, out, &ModelStatistics::actual_run);
}

void write_queue(const Models& models, Exposition& out) {
  out.gauge("martlet_pending_requests", "Requests that are tokenized, queued or running.");
  write_number(models, out, &ModelStatistics::pending_requests);
  out.gauge("martlet_queued_texts", "Texts that wait for a batch.");
  write_number(models, out, &ModelStatistics::queued_texts);
  out.gauge("martlet_queued_tokens", "Tokens that wait for a batch.");
  write_number(models, out, &ModelStatistics::queued_tokens);
  out.gauge("martlet_predicted_wait_seconds", "How long one more request would wait.");
  write_time(models, out, &ModelStatistics::predicted_wait);
}

}  // namespace

void write_model_metrics(const ModelRegistry& registry, Exposition& out) {
  out.gauge(
      "martlet_ready", "1 when every model is loaded and well, and the server takes requests."
  );
  out.sample({}, registry.ready() ? 1 : 0);
  out.gauge("martlet_model_state", "1 for the state that a model is in.");
  for (const ModelEntry& entry : registry.index()) {
    out.sample({{"model", entry.name}, {"state", to_string(entry.state)}}, 1);
  }
  const Models models = read_statistics(registry);
  write_requests(models, out);
  write_phases(models, out);
  write_batches(models, out);
  write_queue(models, out);
}

}  // namespace martlet
