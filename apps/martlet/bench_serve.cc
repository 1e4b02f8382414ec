#include "bench_serve.h"

#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "bench/load_generator.h"
#include "command_line.h"
#include "console.h"
#include "input.h"

namespace martlet::cli {
namespace {

namespace json = boost::json;

struct LoadFlags {
  std::string url;
  std::string dialect = "native";
  std::string body;
  InputOptions input;
  LoadOptions load;
  double seconds = 10;
  double pacing_ms = 0;
  double warm_up = 1;
  double timeout = 30;
};

Result<bool> parse(Arguments arguments, CommandLine& line, LoadFlags& flags) {
  CLI::App& app = line.app();
  app.add_option("URL", flags.url, "http://HOST:PORT[/PATH] of this machine")->required();
  app.add_option("--dialect", flags.dialect, "native, tei or openai: path and body (native)")
      ->option_text("NAME");
  app.add_option("--body", flags.body, "Own JSON body; {text} stands for the text, quoted")
      ->option_text("JSON");
  add_input_options(line, flags.input);
  app.remove_option(app.get_option("--pair-column"));  // a request has one text
  app.add_option("--connections", flags.load.connections, "Connections, at most (32)")
      ->check(CLI::Range(1, 65535))
      ->option_text("N");
  app.add_option(
         "--rate", flags.load.rate,
         "Requests a second, at random times; else each "
         "connection sends when it has its answer"
  )
      ->check(CLI::Range(0.01, 1e6))
      ->option_text("R");
  app.add_option(
         "--pacing", flags.pacing_ms,
         "With --rate: send and receive only every so many milliseconds, which costs less (0)"
  )
      ->check(CLI::Range(0.0, 100.0))
      ->option_text("MS");
  app.add_option("--seconds", flags.seconds, "How long to measure (10)")
      ->check(CLI::Range(0.01, 86400.0))
      ->option_text("T");
  app.add_option("--warm-up", flags.warm_up, "How long to send before measuring, in seconds (1)")
      ->check(CLI::Range(0.0, 3600.0))
      ->option_text("T");
  app.add_option("--timeout", flags.timeout, "How long to wait for an answer, in seconds (30)")
      ->check(CLI::Range(0.001, 3600.0))
      ->option_text("T");
  app.add_option("--seed", flags.load.seed, "Of the random times and the first text (1)")
      ->option_text("N");
  const Result<bool> wanted = line.parse(arguments);
  const auto time = [](double seconds) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  };
  flags.load.pacing = time(1e-3 * flags.pacing_ms);
  flags.load.duration = time(flags.seconds);
  flags.load.warm_up = time(flags.warm_up);
  flags.load.timeout = time(flags.timeout);
  return wanted;
}

/// A request for each text of the input.
Result<std::vector<std::string>> read_requests(const LoadFlags& flags, const LoadTarget& target) {
  auto shape = load_shape(flags.dialect);
  if (!shape) return shape.error();
  if (!flags.body.empty()) shape->body = flags.body;
  auto reader = open_input(flags.input, {});
  if (!reader) return reader.error();
  std::vector<std::string> requests;
  TextRows rows;
  for (;;) {
    if (Status status = (*reader)->read(rows); !status.ok()) return status;
    if (rows.empty()) return requests;
    for (std::size_t i = 0; i < rows.size(); ++i)
      requests.push_back(make_load_request(target, *shape, rows[i].text));
  }
}

json::object as_json(const LatencySummary& latency) {
  return {
      {"p50", latency.p50},
      {"p90", latency.p90},
      {"p99", latency.p99},
      {"p99.9", latency.p999},
      {"max", latency.max}
  };
}

json::object as_json(const AnswerSummary& answers) {
  return {
      {"requests", answers.requests},
      {"requests_per_s", answers.per_s},
      {"latency_ms", as_json(answers.latency)},
      {"from_sent_ms", as_json(answers.from_sent)}
  };
}

json::object as_json(const LoadFlags& flags, const LoadReport& report) {
  json::object status;
  for (const auto& [code, count] : report.status) status[std::to_string(code)] = count;
  json::object errors;
  for (const auto& [what, count] : report.errors) errors[what] = count;
  json::object refused = as_json(report.refused);
  refused["retry_after_s"] = {{"min", report.retry_after_min}, {"max", report.retry_after_max}};
  json::object object = as_json(report.ok);
  object["loop"] = flags.load.rate > 0 ? "open" : "closed";
  if (flags.load.rate > 0) object["rate"] = flags.load.rate;
  if (flags.load.rate > 0) object["late_ms"] = as_json(report.late);
  object["connections"] = flags.load.connections;
  object["seconds"] = report.seconds;
  object["refused"] = std::move(refused);
  object["status"] = std::move(status);
  object["errors"] = std::move(errors);
  object["cpu_seconds"] = report.cpu_seconds;
  return object;
}

}  // namespace

Status bench_serve(Arguments arguments) {
  CommandLine line({
      .verb = "bench serve",
      .arguments = "URL",
      .summary = "Sends texts to a running server, one a request over HTTP/1.1 connections that "
                 "stay open, and\nprints one JSON object: rates, latencies, refusals, errors. With "
                 "--rate the requests come at\nrandom times, and latency counts from the time they "
                 "were due.",
      .examples =
          "  martlet bench serve http://127.0.0.1:8080 --input reviews.txt --connections 32\n"
          "  martlet bench serve http://127.0.0.1:8080 --input reviews.csv --column review --rate "
          "500\n"
          "  martlet bench serve http://127.0.0.1:9000/classify --body '{\"text\": {text}}' "
          "--input reviews.txt\n",
  });
  LoadFlags flags;
  const Result<bool> wanted = parse(arguments, line, flags);
  if (!wanted || !*wanted) return wanted.status();
  const auto target = parse_load_target(flags.url);
  if (!target) return target.error();
  const auto requests = read_requests(flags, *target);
  if (!requests) return requests.error();
  const auto report = run_load(*target, *requests, flags.load);
  if (!report) return report.error();
  return print(json::serialize(as_json(flags, *report)) + "\n");
}

}  // namespace martlet::cli
