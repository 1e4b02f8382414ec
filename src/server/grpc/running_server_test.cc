// What the gRPC server itself promises: limits, keys, health, shutting down.
#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <thread>

#include "open_inference_grpc.grpc.pb.h"
#include "server/grpc/grpc_testing.h"
#include "tei.grpc.pb.h"

namespace martlet {
namespace {

using inference::GRPCInferenceService;
using std::chrono::milliseconds;

class RunningServer : public test::GrpcTest {
 protected:
  void SetUp() override { embedder_ = &registry_.add("embedder", ModelTask::kEmbedding); }

  grpc::Status embed(const std::string& text, const std::string& authorization = "") {
    const auto context = test::make_context();
    if (!authorization.empty()) context->AddMetadata("authorization", authorization);
    tei::v1::EmbedRequest request;
    request.set_inputs(text);
    tei::v1::EmbedResponse response;
    return client<tei::v1::Embed>()->Embed(context.get(), request, &response);
  }

  /// What grpc.health.v1.Health/Check says of a service: 1 serving, 2 not serving, -1 unknown.
  int health(const std::string& service) {
    // HealthCheckRequest and HealthCheckResponse have one field each, of number 1.
    std::string request{"\x0a"};
    request += static_cast<char>(service.size());
    request += service;
    const grpc::Slice slice(request);
    const grpc::ByteBuffer bytes(&slice, 1);
    grpc::ByteBuffer response;
    grpc::GenericStub stub(channel_);
    const auto context = test::make_context();
    std::promise<grpc::Status> done;
    stub.UnaryCall(
        context.get(), "/grpc.health.v1.Health/Check", {}, &bytes, &response,
        [&](grpc::Status status) { done.set_value(std::move(status)); }
    );
    const grpc::Status status = done.get_future().get();
    if (!status.ok()) return -1;
    grpc::Slice answer;
    EXPECT_TRUE(response.DumpToSingleSlice(&answer).ok());
    return answer.size() < 2 ? 0 : answer.begin()[1];
  }

  /// Whether health says `expected` within half a minute.
  bool health_becomes(const std::string& service, int expected) {
    for (int i = 0; i < 600; ++i) {
      if (health(service) == expected) return true;
      std::this_thread::sleep_for(milliseconds(50));
    }
    return false;
  }

  test::FakeModel* embedder_ = nullptr;
};

TEST_F(RunningServer, ListensOnAFreePortAndAnswers) {
  start();
  EXPECT_GT(server_->port(), 0);
  EXPECT_TRUE(embed("hello").ok());
}

TEST_F(RunningServer, DoesNotShareAPort) {
  start();
  GrpcOptions options;
  options.port = server_->port();
  const auto second = run_grpc_server(options, registry_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), StatusCode::kIo);
}

TEST_F(RunningServer, RefusesACertificateThatIsNone) {
  GrpcOptions options;
  options.tls_certificate = options.tls_key = "not PEM";
  EXPECT_FALSE(run_grpc_server(options, registry_));
}

TEST_F(RunningServer, AsksForTheKey) {
  GrpcOptions options;
  options.api_key = "secret";
  start(options);
  EXPECT_TRUE(embed("hello", "Bearer secret").ok());
  for (const char* wrong : {"", "secret", "Bearer ", "Bearer Secret", "Bearer secretx"})
    EXPECT_EQ(embed("hello", wrong).error_code(), grpc::StatusCode::UNAUTHENTICATED) << wrong;
  EXPECT_EQ(health(""), 1);

  const auto context = test::make_context();
  const auto stub = client<GRPCInferenceService>();
  const auto stream = stub->ModelStreamInfer(context.get());
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(RunningServer, LimitsAMessage) {
  // The message is the text and a tag and length of 4 bytes.
  GrpcOptions options;
  options.limits.message_bytes = 70'000;
  start(options);
  EXPECT_TRUE(embed(std::string(69'995, 'x')).ok());
  EXPECT_TRUE(embed(std::string(69'996, 'x')).ok());
  EXPECT_EQ(embed(std::string(69'997, 'x')).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(RunningServer, LimitsMetadata) {
  GrpcOptions options;
  options.limits.metadata_bytes = 4'000;
  start(options);
  const auto ask = [&](std::size_t bytes) {
    connect();  // a refusal ends the connection, and a call that is on its way then fails
    const auto context = test::make_context();
    context->AddMetadata("padding", std::string(bytes, 'x'));
    tei::v1::EmbedRequest request;
    request.set_inputs("hello");
    tei::v1::EmbedResponse response;
    return client<tei::v1::Embed>()->Embed(context.get(), request, &response).error_code();
  };
  // gRPC counts its own entries too, and 32 bytes for each: the edge is somewhat below the limit,
  // and moves with the digits of the deadline, which is an entry as well.
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ask(3'000), grpc::StatusCode::OK);
    EXPECT_EQ(ask(4'000), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
}

TEST_F(RunningServer, LimitsCallsAtOnce) {
  GrpcOptions options;
  options.limits.calls = 2;
  start(options);
  EXPECT_TRUE(embed("hello").ok());  // the client has heard of the limit
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::future<grpc::Status>> calls;
  for (int i = 0; i < 3; ++i)
    calls.push_back(std::async(std::launch::async, [&] { return embed("late"); }));
  for (auto& call : calls) EXPECT_TRUE(call.get().ok());
  // Each takes 100 ms, and the third one waited for one of the others.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(190));
}

TEST_F(RunningServer, HealthFollowsTheRegistry) {
  start();
  EXPECT_EQ(health(""), 1);
  EXPECT_EQ(health("embedder"), 1);
  EXPECT_EQ(health("nobody"), -1);
  registry_.add_loading("slow");
  EXPECT_TRUE(health_becomes("slow", 2));
  EXPECT_TRUE(health_becomes("", 2));
  registry_.add("slow", ModelTask::kEmbedding);
  EXPECT_TRUE(health_becomes("slow", 1));
  EXPECT_TRUE(health_becomes("", 1));
  ASSERT_TRUE(registry_.unload("slow").ok());
  EXPECT_TRUE(health_becomes("slow", 2));
}

TEST_F(RunningServer, DrainsInOrder) {
  start();
  registry_.stop_being_ready();
  EXPECT_TRUE(health_becomes("", 2));
  EXPECT_TRUE(embed("hello").ok());  // still answered: load balancers need time to notice

  auto last = std::async(std::launch::async, [&] { return embed("late"); });
  ASSERT_TRUE(embedder_->wait_for_submitted(2));
  EXPECT_EQ(server_->shut_down(std::chrono::steady_clock::now() + std::chrono::seconds(60)), 0U);
  EXPECT_TRUE(last.get().ok());
  EXPECT_EQ(embed("hello").error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(RunningServer, ShutsDownAtItsDeadline) {
  start();
  auto stuck = std::async(std::launch::async, [&] { return embed("wait"); });
  auto also_stuck = std::async(std::launch::async, [&] { return embed("wait"); });
  ASSERT_TRUE(embedder_->wait_for_submitted(2));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(server_->shut_down(begin + milliseconds(200)), 2U);
  EXPECT_FALSE(stuck.get().ok());
  EXPECT_FALSE(also_stuck.get().ok());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_EQ(embedder_->cancelled(), 2);
}

}  // namespace
}  // namespace martlet
