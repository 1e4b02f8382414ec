#include "bench/load_request.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>

#include "core/error.h"

namespace martlet {
namespace {

constexpr std::string_view kHole = "{text}";

std::string with_text(std::string_view body, std::string_view text) {
  const std::string quoted = boost::json::serialize(boost::json::string(text));
  std::string filled;
  std::size_t begin = 0;
  for (std::size_t hole = 0; (hole = body.find(kHole, begin)) != body.npos;
       begin = hole + kHole.size()) {
    filled += body.substr(begin, hole - begin);
    filled += quoted;
  }
  filled += body.substr(begin);
  return filled;
}

}  // namespace

Result<LoadTarget> parse_load_target(std::string_view url) {
  const auto failure = [url] {
    return error(
        StatusCode::kInvalidArgument, "bench serve", "URL, got '{}', expected http://HOST:PORT", url
    );
  };
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return failure();
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view host = rest.substr(0, slash);
  LoadTarget target{.host = {}, .port = 80, .path = std::string(rest.substr(slash))};
  if (target.path == "/") target.path.clear();
  const std::size_t colon = host.rfind(':');
  if (colon != host.npos && host.back() != ']') {
    const std::string_view port = host.substr(colon + 1);
    const auto [end, problem] =
        std::from_chars(port.data(), port.data() + port.size(), target.port);
    if (problem != std::errc() || end != port.data() + port.size()) return failure();
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return failure();
  target.host = host;
  return target;
}

Result<LoadShape> load_shape(std::string_view dialect) {
  if (dialect == "native") return LoadShape{"/v1/predict", R"({"inputs": {text}})"};
  if (dialect == "tei") return LoadShape{"/predict", R"({"inputs": {text}})"};
  if (dialect == "openai") return LoadShape{"/v1/embeddings", R"({"input": {text}})"};
  return error(
      StatusCode::kInvalidArgument, "bench serve",
      "dialect, got '{}', expected native, tei or openai", dialect
  );
}

std::string make_load_request(
    const LoadTarget& target, const LoadShape& shape, std::string_view text
) {
  const std::string body = with_text(shape.body, text);
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n{}",
      target.path.empty() ? shape.path : target.path, target.host, target.port, body.size(), body
  );
}

}  // namespace martlet
