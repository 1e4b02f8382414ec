#include "server/routes/routes.h"

#include "server/routes/native.h"
#include "server/routes/openai.h"
#include "server/routes/rerank.h"
#include "server/routes/route_context.h"
#include "server/routes/tei.h"
#include "server/routes/v2.h"

namespace martlet {
namespace {

constexpr std::size_t kLargeBodies = 64;
constexpr std::size_t kAdminOperations = 64;

}  // namespace

struct RestRoutes::State {
  State(ModelRegistry& models, const ServingOptions& serving)
      : context{.models = models, .readers = readers, .serving = serving} {}

  const RouteContext context;  // before the queues, whose threads use it
  WorkQueue readers{1, kLargeBodies};
  WorkQueue loader{1, kAdminOperations};
};

RestRoutes::RestRoutes(ModelRegistry& models, const ServingOptions& serving)
    : state_(std::make_unique<State>(models, serving)) {}

RestRoutes::~RestRoutes() = default;

void RestRoutes::add_dialects(Router& router) const {
  add_native_routes(router, state_->context);
  add_v2_routes(router, state_->context);
  add_tei_routes(router, state_->context);
  add_openai_routes(router, state_->context);
  add_rerank_routes(router, state_->context);
}

void RestRoutes::add_admin(Router& router) const {
  add_admin_routes(router, state_->context, state_->loader);
}

}  // namespace martlet
