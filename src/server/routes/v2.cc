#include "server/routes/v2.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "formats/json_writer.h"
#include "server/routes/repository_body.h"
#include "server/routes/text_route.h"
#include "server/routes/v2_body.h"
#include "server/routes/v2_documents.h"
#include "server/service/public_message.h"
#include "server/v2/graph_tensors.h"

namespace martlet {
namespace {

const Dialect& v2_dialect() {
  static const Dialect dialect{.error_shape = plain_error};
  return dialect;
}

HttpResponse json_response(std::string body, int status = 200) {
  HttpResponse response{.status = status};
  response.body = std::move(body);
  return response;
}

/// The model of the path, in the version of the path.
Result<std::shared_ptr<ServedModel>> model_of(
    const RouteContext& context, const HttpRequest& request
) {
  auto model = find_model(context.models, request.path_parameter("model"), nullptr);
  if (!model) return model;
  MARTLET_RETURN_IF_ERROR(check_v2_version((*model)->info(), request.path_parameter("version")));
  return model;
}

void infer(const RouteContext& context, HttpRequest&& request, Responder responder) {
  const auto fail = [&](const Status& status) {
    answer_failure(std::move(responder), status, v2_dialect());
  };
  const auto model = model_of(context, request);
  if (!model) return fail(model.error());
  auto body = parse_v2_body(request.body, request.headers.find("Inference-Header-Content-Length"));
  if (!body) return fail(body.error());
  auto asked = std::make_shared<V2Body>(*std::move(body));
  V2InferRequest wanted{
      // the answer needs the rest
      .id = {},
      .parameters = asked->request.parameters,
      .inputs = std::move(asked->request.inputs),
      .outputs = asked->request.outputs,
  };
  auto plan = plan_v2((*model)->info(), std::move(wanted), request.received);
  if (!plan) return fail(plan.error());
  if (plan->tensors) {
    TensorAsk ask{.model = *model, .tensors = *std::move(plan->tensors), .options = plan->options};
    return answer_tensors(
        request, std::move(responder), std::move(ask), v2_dialect(),
        [asked](const ModelInfo& info, std::vector<NamedTensor>&& outputs, const RequestFacts&) {
          return v2_response(info, *asked, make_v2_answer(std::move(outputs)));
        }
    );
  }
  TextRequest texts{.model = *model, .inputs = std::move(plan->inputs), .options = plan->options};
  answer_texts(
      request, std::move(responder), std::move(texts), v2_dialect(),
      [asked, outputs = std::move(plan->outputs
              )](const ModelInfo& info, std::vector<TextAnswer>&& answers, const RequestFacts&) {
        return v2_response(info, *asked, make_v2_answer(info, outputs, answers));
      }
  );
}

void model_ready(const RouteContext& context, const HttpRequest& request, Responder responder) {
  const auto model = model_of(context, request);
  const bool ready = model && (*model)->healthy();
  if (!model && model.error().code() == StatusCode::kNotFound)
    return answer_failure(std::move(responder), model.error(), v2_dialect());
  HttpResponse response{.status = ready ? 200 : 503};
  {
    JsonObject object(response.body);
    object.member("name", request.path_parameter("model"));
    object.member("ready", ready);
  }
  responder.send(std::move(response));
}

/// Always with a body: KServe's client reads it.
void server_health(bool ready, int status, Responder responder) {
  HttpResponse response{.status = status};
  {
    JsonObject object(response.body);
    object.member("live", true);
    object.member("ready", ready);
  }
  responder.send(std::move(response));
}

void statistics(const RouteContext& context, const HttpRequest& request, Responder responder) {
  std::vector<std::pair<ModelInfo, ModelStatistics>> models;
  if (request.path_parameter("model").empty()) {
    for (const ModelEntry& entry : context.models.index()) {
      if (const auto model = context.models.find(entry.name))
        models.emplace_back(model->info(), model->statistics());
    }
  } else {
    const auto model = model_of(context, request);
    if (!model) return answer_failure(std::move(responder), model.error(), v2_dialect());
    models.emplace_back((*model)->info(), (*model)->statistics());
  }
  responder.send(json_response(v2_statistics(models)));
}

void repository_index(
    const RouteContext& context, const HttpRequest& request, Responder responder
) {
  const auto ready_only = parse_index_body(request.body);
  if (!ready_only) return answer_failure(std::move(responder), ready_only.error(), v2_dialect());
  responder.send(json_response(v2_repository_index(context.models.index(), *ready_only)));
}

/// A model that cannot be loaded is the client's mistake, whatever it is that is wrong with it.
Status load(const RouteContext& context, const HttpRequest& request) {
  const std::string name(request.path_parameter("model"));
  const auto path = parse_load_body(request.body);
  if (!path) return path.error();
  const auto entries = context.models.index();
  const bool known = std::ranges::find(entries, name, &ModelEntry::name) != entries.end();
  if (path->empty() && !known)
    return error(StatusCode::kNotFound, "admin", "there is no model {}", in_quotes(name));
  const auto spec = parse_model_spec(name + "=" + *path);
  if (!path->empty() && !spec) return spec.error();
  const Status status = path->empty() ? context.models.reload(name) : context.models.load(*spec);
  return status.ok() ? status : Status(StatusCode::kInvalidInput, status.message());
}

Status unload(const RouteContext& context, const HttpRequest& request) {
  return context.models.unload(request.path_parameter("model"));
}

HttpResponse admin_answer(const Status& status) {
  if (status.ok()) return json_response("{}");
  return plain_error(http_status(status.code()), public_message(status));
}

}  // namespace

void add_v2_routes(Router& router, const RouteContext& context) {
  const auto get = [&](std::string_view path, auto route) {
    router.add("GET", path, [&context, route](HttpRequest&& request, Responder&& responder) {
      route(context, request, std::move(responder));
    });
  };
  for (const std::string_view path : {"/v2", "/v2/"}) {
    get(path, [](const RouteContext&, const HttpRequest&, Responder responder) {
      responder.send(json_response(v2_server_metadata()));
    });
  }
  get("/v2/health/live", [](const RouteContext& to, const HttpRequest&, Responder responder) {
    server_health(to.models.ready(), 200, std::move(responder));
  });
  get("/v2/health/ready", [](const RouteContext& to, const HttpRequest&, Responder responder) {
    const bool ready = to.models.ready();
    server_health(ready, ready ? 200 : 503, std::move(responder));
  });
  get("/v2/models/stats", &statistics);
  for (const std::string& model :
       {std::string("/v2/models/{model}"), std::string("/v2/models/{model}/versions/{version}")}) {
    get(model, [](const RouteContext& to, const HttpRequest& request, Responder responder) {
      const auto found = model_of(to, request);
      if (!found) return answer_failure(std::move(responder), found.error(), v2_dialect());
      responder.send(json_response(v2_model_metadata((*found)->info())));
    });
    get(model + "/config",
        [](const RouteContext& to, const HttpRequest& request, Responder responder) {
          const auto found = model_of(to, request);
          if (!found) return answer_failure(std::move(responder), found.error(), v2_dialect());
          responder.send(json_response(v2_model_config((*found)->info(), to.serving)));
        });
    get(model + "/ready", &model_ready);
    get(model + "/stats", &statistics);
    router.add(
        "POST", model + "/infer", off_io_thread(context, in_context(context, &infer)),
        while_there_is_room(context, v2_dialect())
    );
  }
  router.add(
      "POST", "/v2/repository/index",
      [&context](HttpRequest&& request, Responder&& responder) {
        repository_index(context, request, std::move(responder));
      }
  );
}

void add_admin_routes(Router& router, const RouteContext& context, WorkQueue& loader) {
  const auto add = [&](std::string_view path,
                       Status (*operation)(const RouteContext&, const HttpRequest&)) {
    router.add(
        "POST", path,
        [&context, &loader, operation](HttpRequest&& request, Responder&& responder) {
          const auto owed = std::make_shared<Responder>(std::move(responder));
          const auto asked = std::make_shared<HttpRequest>(std::move(request));
          const bool taken = loader.push([&context, owed, asked, operation] {
            owed->send(admin_answer(operation(context, *asked)));
          });
          if (!taken) owed->send(plain_error(503, "[admin] too many operations wait"));
        }
    );
  };
  add("/v2/repository/models/{model}/load", &load);
  add("/v2/repository/models/{model}/unload", &unload);
  router.add(
      "POST", "/v2/repository/index",
      [&context](HttpRequest&& request, Responder&& responder) {
        repository_index(context, request, std::move(responder));
      }
  );
}

}  // namespace martlet
