#include "server/routes/route_context.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "server/routes/routes_testing.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNoJson = "{";

/// Classifiers whose encoders stand still until the end, behind all dialects.
class StuckServer {
 public:
  StuckServer(std::initializer_list<const char*> names)
      : registry_(make_model_registry([this](const ModelSpec& spec) {
          LoadedModel model = load_golden("bert-odd");
          model.info.name = spec.name;
          encoders_[spec.name] = &make_faulty(model);
          encoders_[spec.name]->held = true;
          return make_scheduled_model(std::move(model), options());
        })) {
    for (const char* name : names) {
      if (const Status status = registry_->load({name, {}}); !status.ok())
        throw std::runtime_error(status.message());
    }
    routes_ = std::make_unique<RestRoutes>(*registry_, options());
    routes_->add_dialects(router_);
  }
  ~StuckServer() { release(); }

  /// Asks until no request of normal priority finds room, and none will: the one batch that runs at
  /// once stands still, so that nothing more leaves the queue.
  void fill(const std::string& name) {
    const auto model = registry_->find(name);
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (encoders_.at(name)->entered == 0 || !model->refuse_unread()) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it does not fill");
      model->submit(inputs_of({"a"}), {}, [](const auto&, const RequestFacts&) {});
      std::this_thread::sleep_for(1ms);
    }
  }

  void release() {
    for (const auto& [name, encoder] : encoders_) encoder->held = false;
  }

  HttpResponse post(const std::string& path, const std::string& body, Headers headers = {}) {
    HttpRequest request{
        .method = "POST", .path = path, .headers = std::move(headers), .body = body
    };
    return answer(router_, std::move(request));
  }

  ModelRegistry& models() { return *registry_; }

 private:
  static ServingOptions options() {
    ServingOptions options;
    options.queue_texts = 16;
    options.encoder.threads = 1;
    return options;
  }

  std::map<std::string, FaultyEncoder*, std::less<>> encoders_;
  std::unique_ptr<ModelRegistry> registry_;
  std::unique_ptr<RestRoutes> routes_;
  Router router_;
};

TEST(WhileThereIsRoom, WhatIsRefusedIsNotRead) {
  StuckServer server({"m"});
  EXPECT_EQ(server.post("/v1/predict", kNoJson).status, 400);
  server.fill("m");
  for (const char* path :
       {"/v1/predict", "/predict", "/v1/rerank", "/v1/embeddings", "/", "/v2/models/m/infer"}) {
    const HttpResponse refused = server.post(path, kNoJson);
    EXPECT_EQ(refused.status, 429) << path;
    EXPECT_NE(header_of(refused, "Retry-After"), "") << path;
    EXPECT_NE(refused.body.find("the queue is full"), std::string::npos) << refused.body;
  }
  EXPECT_EQ(server.post("/v1/tokenize", kNoJson).status, 400) << "no request to the model";
  server.release();
  const auto model = server.models().find("m");
  while (model->refuse_unread()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(server.post("/v1/predict", kNoJson).status, 400);
}

TEST(WhileThereIsRoom, ShapesAreTheDialects) {
  StuckServer server({"m"});
  server.fill("m");
  const auto tei = json_of(server.post("/embed", kNoJson));
  EXPECT_EQ(tei.at("error_type").as_string(), "Overloaded");
  EXPECT_TRUE(json_of(server.post("/v1/embeddings", kNoJson)).at("error").is_object());
  EXPECT_TRUE(json_of(server.post("/v1/rerank", kNoJson)).at("message").is_string());
}

TEST(WhileThereIsRoom, UrgentRequestsAreRead) {
  StuckServer server({"m"});
  server.fill("m");
  Headers urgent;
  urgent.add("X-Priority", "interactive");
  EXPECT_EQ(server.post("/v1/predict", kNoJson, urgent).status, 400);
  EXPECT_EQ(server.post("/v1/predict", R"({"priority": "interactive")").status, 400);
  EXPECT_EQ(server.post("/v1/predict", std::string(kLargeBody + 1, '{')).status, 400);
}

TEST(WhileThereIsRoom, AmongSeveralModelsTheRequestIsRead) {
  StuckServer server({"m", "n"});
  server.fill("m");
  EXPECT_EQ(server.post("/v1/predict", kNoJson).status, 400);
  EXPECT_EQ(server.post("/v1/predict", R"({"model": "m", "inputs": "a"})").status, 429);
}

TEST(WhileThereIsRoom, RefusalsAreCounted) {
  StuckServer server({"m"});
  server.fill("m");
  const auto failures = [&] {
    auto statistics = server.models().find("m")->statistics();
    return statistics.failures["resource_exhausted"];
  };
  const auto before = failures();
  EXPECT_EQ(server.post("/v1/predict", kNoJson).status, 429);
  EXPECT_EQ(failures(), before + 1);
}

}  // namespace
}  // namespace martlet
