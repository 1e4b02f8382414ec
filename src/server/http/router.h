// Finds the handler of a request by method and path.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/message.h"

namespace martlet {

/// Makes the body and the extra headers of a failure in one dialect's shape. `status` is set by the
/// caller.
using ErrorShape = std::function<HttpResponse(int status, std::string_view message)>;

/// Built once, then read by any number of threads.
class Router {
 public:
  Router();

  /// `pattern` is a path; a segment {name} takes one segment of the path, which the handler finds,
  /// percent-decoded, under that name. Routes of literal segments win. A GET route also answers
  /// HEAD. The handler gets what `gate`, if there is one, lets pass.
  void add(std::string_view method, std::string_view pattern, Handler handler, Gate gate = nullptr);

  /// Failures below `prefix` (whole segments; the longest wins) that no handler has answered, such
  /// as 404, 405, 401 and 413, take this shape. The default is {"error": message}.
  void set_error_shape(std::string_view prefix, ErrorShape shape);

  /// Calls the handler, or answers 404, 405 (with Allow), or 400 for a path that cannot be decoded.
  void dispatch(HttpRequest&& request, Responder&& responder) const;

  struct Refusal {
    std::string_view pattern;  // of the route; lives as long as the router
    HttpResponse response;
  };
  /// What the gate of the route says to a POST whose header is not worth mentioning; nothing: no
  /// route, no gate, or it lets the request pass, which then needs `dispatch`.
  [[nodiscard]] std::optional<Refusal> refuse_post(std::string_view path, std::string_view body)
      const;

  /// A failure in the shape that belongs to `path`.
  [[nodiscard]] HttpResponse error(std::string_view path, int status, std::string_view message)
      const;

 private:
  struct Method {
    std::string name;
    Handler handler;
    Gate gate;  // may be null
  };
  struct Route {
    std::string pattern;
    std::vector<std::string> segments;  // a name in braces, or literal text
    std::vector<Method> methods;
  };
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  struct Shape {
    std::string prefix;
    ErrorShape make;
  };

  Route& route_of(std::string_view pattern);
  /// Null when there is none; `malformed` when that may be for an escape.
  [[nodiscard]] const Route* find(std::string_view path, Parameters& parameters, bool& malformed)
      const;

  std::map<std::string, Route, std::less<>> literal_;  // by path
  std::vector<Route> patterns_;
  std::vector<Shape> shapes_;
};

/// Decodes %XX; false when an escape is malformed. '+' stays as it is.
bool percent_decode(std::string_view text, std::string& out);

/// The decoded value of `name` in a query such as "a=1&b=x%20y"; empty when absent or malformed.
std::string query_parameter(std::string_view query, std::string_view name);

}  // namespace martlet
