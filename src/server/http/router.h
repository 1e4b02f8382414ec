// Finds the handler of a request by method and path.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
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
  /// HEAD.
  void add(std::string_view method, std::string_view pattern, Handler handler);

  /// Failures below `prefix` (whole segments; the longest wins) that no handler has answered, such
  /// as 404, 405, 401 and 413, take this shape. The default is {"error": message}.
  void set_error_shape(std::string_view prefix, ErrorShape shape);

  /// Calls the handler, or answers 404, 405 (with Allow), or 400 for a path that cannot be decoded.
  void dispatch(HttpRequest&& request, Responder&& responder) const;

  /// A failure in the shape that belongs to `path`.
  [[nodiscard]] HttpResponse error(std::string_view path, int status, std::string_view message)
      const;

 private:
  struct Route {
    std::string pattern;
    std::vector<std::string> segments;  // a name in braces, or literal text
    std::vector<std::pair<std::string, Handler>> methods;
  };
  struct Shape {
    std::string prefix;
    ErrorShape make;
  };

  Route& route_of(std::string_view pattern);
  [[nodiscard]] const Route* find(HttpRequest& request, bool& malformed) const;

  std::unordered_map<std::string, Route> literal_;  // by path
  std::vector<Route> patterns_;
  std::vector<Shape> shapes_;
};

/// Decodes %XX; false when an escape is malformed. '+' stays as it is.
bool percent_decode(std::string_view text, std::string& out);

/// The decoded value of `name` in a query such as "a=1&b=x%20y"; empty when absent or malformed.
std::string query_parameter(std::string_view query, std::string_view name);

}  // namespace martlet
