#include "server/health.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace martlet {
namespace {

namespace json = boost::json;

std::string describe(const ModelRegistry& registry, bool ready) {
  json::array models;
  for (const ModelEntry& entry : registry.index()) {
    json::object model{{"name", entry.name}, {"state", to_string(entry.state)}};
    if (!entry.reason.empty()) model["reason"] = entry.reason;
    models.push_back(std::move(model));
  }
  return json::serialize(json::object{{"live", true}, {"ready", ready}, {"models", models}});
}

}  // namespace

void add_health_routes(Router& router, const ModelRegistry& registry) {
  router.add("GET", "/health/live", [&registry](HttpRequest&&, Responder&& responder) {
    responder.send({.body = describe(registry, registry.ready())});
  });
  router.add("GET", "/health/ready", [&registry](HttpRequest&&, Responder&& responder) {
    const bool ready = registry.ready();
    responder.send({.status = ready ? 200 : 503, .body = describe(registry, ready)});
  });
}

}  // namespace martlet
