// For the routes' tests: golden models behind all dialects, without sockets.
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "server/http/capture.h"
#include "server/http/router.h"
#include "server/routes/routes.h"
#include "server/service/service_testing.h"

namespace martlet {

class TestServer {
 public:
  TestServer(std::initializer_list<const char*> models, ServingOptions options = ServingOptions()) {
    options.encoder.threads = 1;
    registry_ = make_model_registry(options);
    for (const char* name : models) load(name);
    routes_ = std::make_unique<RestRoutes>(*registry_, options);
    routes_->add_dialects(router_);
    routes_->add_admin(admin_);
  }

  HttpResponse post(const std::string& path, std::string body, Headers headers = {}) {
    return ask(router_, "POST", path, std::move(body), std::move(headers));
  }
  HttpResponse get(const std::string& path) { return ask(router_, "GET", path, {}, {}); }
  HttpResponse post_admin(const std::string& path, std::string body = {}) {
    return ask(admin_, "POST", path, std::move(body), {});
  }

  ModelRegistry& registry() { return *registry_; }
  const Router& router() const { return router_; }

 private:
  void load(const char* name) {
    const Status status = registry_->load({name, served_golden(name)});
    if (!status.ok()) throw std::runtime_error(status.message());
  }

  static HttpResponse ask(
      const Router& router, std::string method, const std::string& path, std::string body,
      Headers headers
  ) {
    HttpRequest request;
    request.method = std::move(method);
    const auto mark = path.find('?');
    request.path = path.substr(0, mark);
    if (mark != std::string::npos) request.query = path.substr(mark + 1);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.id = "test-id";
    request.received = std::chrono::steady_clock::now();
    return answer(router, std::move(request));
  }

  std::unique_ptr<ModelRegistry> registry_;
  std::unique_ptr<RestRoutes> routes_;
  Router router_;
  Router admin_;
};

inline boost::json::value json_of(const HttpResponse& response) {
  return boost::json::parse(response.body);
}

inline std::string header_of(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

}  // namespace martlet
