// All dialects of the server, on one router.
#pragma once

#include <memory>

#include "server/http/router.h"
#include "server/service/model_registry.h"
#include "server/service/serving_options.h"

namespace martlet {

/// Holds what the routes need beside the models. Outlives the routers and dies before the registry;
/// its destructor waits for the requests that its threads are reading.
class RestRoutes {
 public:
  RestRoutes(ModelRegistry& models, const ServingOptions& serving);
  ~RestRoutes();
  RestRoutes(const RestRoutes&) = delete;
  RestRoutes& operator=(const RestRoutes&) = delete;

  /// native, V2, text-embeddings-inference, OpenAI, Cohere and Jina.
  void add_dialects(Router& router) const;
  /// Loading and unloading, for the admin listener only.
  void add_admin(Router& router) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace martlet
