#include "server/config/settings.h"

#include <fmt/format.h>

#include <limits>

#include "core/error.h"

namespace martlet {
namespace {

constexpr auto kInt32Max = std::numeric_limits<std::int32_t>::max();

/// Copies a parsed value to its place, or passes the failure on.
template <class Value, class Place>
Status put(const Result<Value>& parsed, Place& place) {
  if (!parsed) return parsed.status();
  place = static_cast<Place>(*parsed);
  return {};
}

template <class Place>
Status put_duration(std::string_view text, Place& place) {
  const auto parsed = parse_duration(text);
  if (!parsed) return parsed.status();
  place = std::chrono::duration_cast<Place>(*parsed);
  return {};
}

template <class Place>
Status put_count(std::string_view text, Place& place, std::int64_t min = 1) {
  return put(parse_number(text, min, kInt32Max), place);
}

/// Bytes that gRPC counts in 31 bits.
Status put_bytes(std::string_view text, std::int32_t& place) {
  const auto parsed = parse_bytes(text);
  if (!parsed) return parsed.status();
  return put_count(std::to_string(*parsed), place);
}

Status put_text(std::string_view text, std::string& place) {
  place = text;
  return {};
}

Status put_one_of(
    std::string_view text, std::string& place, std::initializer_list<std::string_view> words
) {
  for (const std::string_view word : words) {
    if (text == word) return put_text(text, place);
  }
  return error(
      StatusCode::kInvalidArgument, "configuration", "got '{}', expected one of {}", text,
      fmt::join(words, ", ")
  );
}

using C = ServerConfig;
using V = std::string_view;

// In the order of the help text. The defaults are those of the structs; a test compares.
constexpr Setting kSettings[] = {
    {"models", "MODEL", "Model directories to serve, each PATH or NAME=PATH",
     [](C& c, V v) {
       c.models.emplace_back(v);
       return Status();
     },
     true},
    {"http", "ADDR:PORT", "Where HTTP listens; port 0 lets the system choose (127.0.0.1:8080)",
     [](C& c, V v) { return put(parse_endpoint(v), c.http_endpoint); }},
    {"grpc", "ADDR:PORT", "Where gRPC listens (off)",
     [](C& c, V v) { return put(parse_endpoint(v), c.grpc_endpoint); }},
    {"admin", "ADDR:PORT", "Where models can be loaded, reloaded and unloaded over HTTP (off)",
     [](C& c, V v) { return put(parse_endpoint(v), c.admin_endpoint); }},

    {"engine", "NAME", "What computes; see martlet engines (native)",
     [](C& c, V v) { return put_text(v, c.serving.encoder.engine); }},
    {"precision", "NAME", "fp32, bf16, int8 or auto (auto)",
     [](C& c, V v) {
       return put_one_of(v, c.serving.encoder.precision, {"auto", "fp32", "bf16", "int8"});
     }},
    {"threads", "N", "Threads that compute; 0: as many as this process may use (0)",
     [](C& c, V v) { return put(parse_number(v, 0, 4096), c.serving.encoder.threads); }},
    {"workers", "N", "Batches that run at once; 0: one for each of up to 4 threads, else 1 (0)",
     [](C& c, V v) { return put(parse_number(v, 0, 4096), c.serving.workers); }},
    {"tokenize-threads", "N", "Threads that tokenize; 0: half of the CPUs (0)",
     [](C& c, V v) { return put(parse_number(v, 0, 4096), c.serving.tokenize_threads); }},
    {"io-threads", "N", "Threads that read and write HTTP (1)",
     [](C& c, V v) { return put(parse_number(v, 1, 1024), c.http.io_threads); }},

    {"batch-tokens", "N", "Tokens of a batch, at most (4096)",
     [](C& c, V v) { return put_count(v, c.serving.batch_tokens); }},
    {"batch-texts", "N", "Texts of a batch, at most (256)",
     [](C& c, V v) { return put_count(v, c.serving.batch_texts); }},
    {"max-wait", "TIME", "How long a batch may wait for company while the model is busy (1ms)",
     [](C& c, V v) { return put_duration(v, c.serving.max_wait); }},
    {"coalesce", "BOOL", "Compute identical texts that are in flight once (false)",
     [](C& c, V v) { return put(parse_switch(v), c.serving.coalesce); }},

    {"queue-tokens", "N", "Tokens that may wait; beyond it: 429 (1048576)",
     [](C& c, V v) { return put_count(v, c.serving.queue_tokens); }},
    {"queue-texts", "N", "Texts that may wait; beyond it: 429 (16384)",
     [](C& c, V v) { return put_count(v, c.serving.queue_texts); }},
    {"max-queue-time", "TIME", "Refuse what would wait longer than this; 0: do not look (1500ms)",
     [](C& c, V v) { return put_duration(v, c.serving.max_queue_time); }},

    {"max-length", "N", "Tokens of a text, at most; 0: what the model takes (0)",
     [](C& c, V v) { return put_count(v, c.serving.max_length, 0); }},
    {"max-inputs", "N", "Texts of one request, at most (2048)",
     [](C& c, V v) { return put_count(v, c.serving.max_inputs); }},
    {"max-request-tokens", "N", "Tokens of one request, at most (262144)",
     [](C& c, V v) { return put_count(v, c.serving.max_request_tokens); }},
    {"max-body-bytes", "BYTES", "Body of a request, at most: 413 (16MiB)",
     [](C& c, V v) { return put(parse_bytes(v), c.http.limits.body_bytes); }},
    {"max-decompressed-bytes", "BYTES", "A gzip or deflate body unpacked, at most: 413 (16MiB)",
     [](C& c, V v) { return put(parse_bytes(v), c.http.limits.decompressed_bytes); }},
    {"max-header-bytes", "BYTES", "Header of a request, at most: 431 (16KiB)",
     [](C& c, V v) { return put(parse_bytes(v), c.http.limits.header_bytes); }},
    {"max-header-fields", "N", "Header fields of a request, at most: 431 (100)",
     [](C& c, V v) { return put_count(v, c.http.limits.header_fields); }},
    {"max-pipelined", "N", "Requests of a connection in flight; more are read later (32)",
     [](C& c, V v) { return put_count(v, c.http.limits.pipelined); }},
    {"max-connections", "N", "Connections, at most: 503 (10000)",
     [](C& c, V v) { return put_count(v, c.http.limits.connections); }},
    {"header-timeout", "TIME", "For a request's header to arrive: 408 (10s)",
     [](C& c, V v) { return put_duration(v, c.http.limits.header_timeout); }},
    {"body-timeout", "TIME", "For a request's body to arrive: 408 (60s)",
     [](C& c, V v) { return put_duration(v, c.http.limits.body_timeout); }},
    {"idle-timeout", "TIME", "A connection without requests is closed after this (75s)",
     [](C& c, V v) { return put_duration(v, c.http.limits.idle_timeout); }},
    {"write-timeout", "TIME", "A client that takes none of its answer is dropped after this (30s)",
     [](C& c, V v) { return put_duration(v, c.http.limits.write_timeout); }},
    {"compress-from", "BYTES", "Compress longer answers for clients that take gzip (16KiB)",
     [](C& c, V v) { return put(parse_bytes(v), c.http.compress_from); }},

    {"max-grpc-message-bytes", "BYTES", "A gRPC message, at most: RESOURCE_EXHAUSTED (16MiB)",
     [](C& c, V v) { return put_bytes(v, c.grpc_limits.message_bytes); }},
    {"max-grpc-metadata-bytes", "BYTES",
     "Metadata of a gRPC call, at most: RESOURCE_EXHAUSTED (16KiB)",
     [](C& c, V v) { return put_bytes(v, c.grpc_limits.metadata_bytes); }},
    {"max-grpc-calls", "N", "gRPC calls of a connection at once; more wait at the client (1024)",
     [](C& c, V v) { return put_count(v, c.grpc_limits.calls); }},
    {"max-grpc-stream", "N", "Unanswered requests of a gRPC stream; more are read later (64)",
     [](C& c, V v) { return put_count(v, c.grpc_limits.stream_window); }},

    {"api-key", "KEY",
     "Key that clients send as 'Authorization: Bearer KEY'; others see flags, so rather use the "
     "variable or the file",
     [](C& c, V v) { return put_text(v, c.http.api_key); }},
    {"api-key-file", "FILE", "File with that key",
     [](C& c, V v) { return put_text(v, c.api_key_file); }},
    {"tls-certificate", "FILE", "PEM file of the certificate chain: HTTPS, and TLS for gRPC",
     [](C& c, V v) { return put_text(v, c.http.tls_certificate); }},
    {"tls-key", "FILE", "PEM file of the certificate's key",
     [](C& c, V v) { return put_text(v, c.http.tls_key); }},
    {"cors-origin", "ORIGIN", "Origin whose pages may call this server; * for any",
     [](C& c, V v) {
       c.http.cors_origins.emplace_back(v);
       return Status();
     },
     true},

    {"drain-timeout", "TIME", "After SIGTERM, how long accepted requests may take (30s)",
     [](C& c, V v) { return put_duration(v, c.drain_timeout); }},
    {"drain-delay", "TIME", "After SIGTERM, how long new requests are still taken (0)",
     [](C& c, V v) { return put_duration(v, c.drain_delay); }},
    {"otlp-endpoint", "URL", "Send traces to this OpenTelemetry collector, OTLP/HTTP in JSON",
     [](C& c, V v) { return put_text(v, c.traces.endpoint); }},
    {"otlp-service", "NAME", "The service's name in traces (martlet)",
     [](C& c, V v) { return put_text(v, c.traces.service); }},
    {"otlp-sample", "SHARE",
     "Share of requests to trace where the client's traceparent does not say (0.01)",
     [](C& c, V v) { return put(parse_share(v), c.traces.sample); }},
    {"self-check", "BOOL", "Compare a model with its reference vectors when it is loaded (true)",
     [](C& c, V v) { return put(parse_switch(v), c.serving.self_check); }},
    {"access-log", "FILE", "One line of JSON for each HTTP request; - is stderr",
     [](C& c, V v) { return put_text(v, c.access_log); }},
};

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> values;
  while (true) {
    const std::size_t comma = text.find(',');
    values.emplace_back(text.substr(0, comma));
    if (comma == text.npos) return values;
    text.remove_prefix(comma + 1);
  }
}

/// What has the setting, and its name there.
struct Source {
  std::string name;
  std::vector<std::string> values;  // none: nobody has it
};

Source find_source(
    const Setting& setting, const SettingValues& flags, const Environment& environment,
    const SettingValues& file
) {
  if (const auto flag = flags.find(setting.name); flag != flags.end()) {
    return {.name = fmt::format("--{}", setting.name), .values = flag->second};
  }
  const std::string variable = variable_of(setting);
  if (const char* text = environment(variable.c_str()); text != nullptr && *text != '\0') {
    return {
        .name = variable,
        .values = setting.is_list ? split_list(text) : std::vector<std::string>{text},
    };
  }
  if (const auto key = file.find(setting.name); key != file.end()) {
    return {
        .name = fmt::format("{} in the configuration file", setting.name), .values = key->second
    };
  }
  return {};
}

}  // namespace

std::span<const Setting> server_settings() { return kSettings; }

std::string variable_of(const Setting& setting) {
  std::string name = "MARTLET_";
  for (const char c : setting.name) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return name;
}

Result<ServerConfig> combine_settings(
    const SettingValues& flags, const Environment& environment, const SettingValues& file
) {
  ServerConfig config;
  for (const Setting& setting : kSettings) {
    const Source source = find_source(setting, flags, environment, file);
    for (const std::string& value : source.values) {
      const Status status = setting.apply(config, value);
      if (status.ok()) continue;
      const std::string_view message = status.message();
      return error(
          StatusCode::kInvalidArgument, source.name, "{}",
          printable(message.substr(message.find("] ") + 2))
      );
    }
  }
  config.http.address = config.http_endpoint.address;
  config.http.port = config.http_endpoint.port;
  return config;
}

}  // namespace martlet
