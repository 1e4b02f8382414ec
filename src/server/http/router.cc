#include "server/http/router.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace martlet {
namespace {

/// "/a/b" is {"a", "b"}; a trailing slash is a last, empty segment.
std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_name(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

HttpResponse plain_error(int status, std::string_view message) {
  return {
      .status = status,
      .body = boost::json::serialize(boost::json::value{{"error", message}}),
  };
}

enum class Match { kNo, kYes, kMalformed };

Match match(
    const std::vector<std::string>& pattern, const std::vector<std::string_view>& segments,
    std::vector<std::pair<std::string, std::string>>& parameters
) {
  if (pattern.size() != segments.size()) return Match::kNo;
  parameters.clear();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string& wanted = pattern[i];
    if (!is_name(wanted)) {
      if (wanted != segments[i]) return Match::kNo;
      continue;
    }
    std::string value;
    if (segments[i].empty()) return Match::kNo;
    if (!percent_decode(segments[i], value)) return Match::kMalformed;
    parameters.emplace_back(wanted.substr(1, wanted.size() - 2), std::move(value));
  }
  return Match::kYes;
}

}  // namespace

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return false;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

std::string query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    std::string decoded;
    if (!percent_decode(pair.substr(0, equals), decoded) || decoded != name) continue;
    if (equals == std::string_view::npos) return {};
    return percent_decode(pair.substr(equals + 1), decoded) ? decoded : std::string();
  }
  return {};
}

Router::Router() { set_error_shape("", plain_error); }

Router::Route& Router::route_of(std::string_view pattern) {
  std::vector<std::string> segments;
  bool has_names = false;
  for (const std::string_view segment : split_path(pattern)) {
    segments.emplace_back(segment);
    has_names = has_names || is_name(segment);
  }
  if (!has_names) {
    Route& route = literal_[std::string(pattern)];
    route.pattern = pattern;
    return route;
  }
  for (Route& route : patterns_) {
    if (route.segments == segments) return route;
  }
  return patterns_.emplace_back(
      Route{.pattern = std::string(pattern), .segments = std::move(segments), .methods = {}}
  );
}

void Router::add(std::string_view method, std::string_view pattern, Handler handler, Gate gate) {
  route_of(pattern).methods.push_back(
      {.name = std::string(method), .handler = std::move(handler), .gate = std::move(gate)}
  );
}

void Router::set_error_shape(std::string_view prefix, ErrorShape shape) {
  shapes_.push_back({.prefix = std::string(prefix), .make = std::move(shape)});
}

HttpResponse Router::error(std::string_view path, int status, std::string_view message) const {
  const Shape* best = nullptr;
  for (const Shape& shape : shapes_) {
    const std::size_t size = shape.prefix.size();
    const bool holds =
        path.starts_with(shape.prefix) && (size == 0 || path.size() == size || path[size] == '/');
    if (holds && (best == nullptr || size >= best->prefix.size())) best = &shape;
  }
  HttpResponse response = best->make(status, message);
  response.status = status;
  return response;
}

const Router::Route* Router::find(std::string_view path, Parameters& parameters, bool& malformed)
    const {
  if (const auto found = literal_.find(path); found != literal_.end()) return &found->second;
  const std::vector<std::string_view> segments = split_path(path);
  for (const Route& route : patterns_) {
    const Match result = match(route.segments, segments, parameters);
    if (result == Match::kYes) return &route;
    malformed = malformed || result == Match::kMalformed;
  }
  return nullptr;
}

std::optional<Router::Refusal> Router::refuse_post(std::string_view path, std::string_view body)
    const {
  Parameters parameters;
  bool malformed = false;
  const Route* const route = find(path, parameters, malformed);
  if (route == nullptr) return std::nullopt;
  const auto post = std::ranges::find(route->methods, "POST", &Method::name);
  if (post == route->methods.end() || !post->gate) return std::nullopt;
  auto refused = post->gate({}, body);
  if (!refused) return std::nullopt;
  return Refusal{.pattern = route->pattern, .response = *std::move(refused)};
}

void Router::dispatch(HttpRequest&& request, Responder&& responder) const {
  bool malformed = false;
  const Route* route = find(request.path, request.path_parameters, malformed);
  if (route == nullptr) {
    responder.send(
        malformed ? error(request.path, 400, "the path has a malformed escape, expected %XX")
                  : error(request.path, 404, "there is no such route; see /docs")
    );
    return;
  }
  responder.routed(route->pattern);
  const std::string_view wanted =
      request.method == "HEAD" ? std::string_view("GET") : request.method;
  std::string allowed;
  for (const auto& [method, handler, gate] : route->methods) {
    if (method == wanted) {
      auto refused = gate ? gate(request.headers, request.body) : std::nullopt;
      if (refused) return responder.send(*std::move(refused));
      return handler(std::move(request), std::move(responder));
    }
    allowed += (allowed.empty() ? "" : ", ") + method + (method == "GET" ? ", HEAD" : "");
  }
  HttpResponse response =
      error(request.path, 405, "this route does not take that method, expected " + allowed);
  response.headers.emplace_back("Allow", allowed);
  responder.send(std::move(response));
}

}  // namespace martlet
