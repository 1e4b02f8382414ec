// Many gRPC calls at once, some of which are cancelled or given up: each accepted one is answered
// once, each answer goes where it belongs, and the counters agree. MARTLET_TEST_ALL=1: a million.
#include <grpcpp/create_channel.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "open_inference_grpc.grpc.pb.h"
#include "server/grpc/running_server.h"
#include "server/service/echo_testing.h"

namespace martlet {
namespace {

using namespace std::chrono_literals;
using inference::GRPCInferenceService;

constexpr std::size_t kAtOnce = 256;

/// A call on its way; cancelled ones may be answered or not.
struct Call {
  uint32_t number = 0;
  bool cancelled = false;
  grpc::ClientContext context;
  inference::ModelInferRequest request;
  inference::ModelInferResponse response;
};

void fill(inference::ModelInferRequest& request, uint32_t number) {
  request.set_model_name("echo");
  auto& input = *request.add_inputs();
  input.set_name("input_ids");
  input.set_datatype("INT64");
  input.add_shape(1);
  input.add_shape(kEchoIds);
  for (const int32_t id : echo_ids(number)) input.mutable_contents()->add_int64_contents(id);
}

bool echoes(const inference::ModelInferResponse& response, uint32_t number) {
  for (int i = 0; i < response.outputs_size(); ++i) {
    if (response.outputs(i).name() != "logits") continue;
    const auto& values = response.outputs(i).contents().fp32_contents();
    const EchoIds ids = echo_ids(number);
    return std::equal(values.begin(), values.end(), ids.begin(), ids.end(), [](float a, int32_t b) {
      return a == static_cast<float>(b);
    });
  }
  return false;
}

class Traffic : public testing::Test {
 protected:
  Traffic() {
    options_.queue_texts = 150;
    options_.workers = 2;
    echo_ = make_echo_registry(options_);
    GrpcOptions grpc_options;
    grpc_options.serving = options_;
    auto server = run_grpc_server(grpc_options, *echo_.models);
    if (!server) throw std::runtime_error(server.status().message());
    server_ = std::move(*server);
    channel_ = grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(server_->port()), grpc::InsecureChannelCredentials()
    );
    stub_ = GRPCInferenceService::NewStub(channel_);
  }

  void send(uint32_t number) {
    const auto call = std::make_shared<Call>();
    call->number = number;
    fill(call->request, number);
    const bool hurried = random_() % 50 == 0;
    call->context.set_deadline(
        std::chrono::system_clock::now() + (hurried ? std::chrono::microseconds(2000) : 30s)
    );
    call->cancelled = hurried || random_() % 50 == 0;
    stub_->async()->ModelInfer(
        &call->context, &call->request, &call->response,
        [this, call](const grpc::Status& status) { book(*call, status); }
    );
    if (call->cancelled && !hurried) call->context.TryCancel();
  }

  void book(const Call& call, const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (status.ok()) {
      ++(echoes(call.response, call.number) ? echoed_ : misrouted_);
    } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      ++refused_;
    } else {
      ++(call.cancelled ? abandoned_ : lost_);
    }
    --under_way_;
    changed_.notify_one();
  }

  ServingOptions options_;
  EchoRegistry echo_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<GRPCInferenceService::Stub> stub_;
  std::mt19937 random_{1};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t under_way_ = 0;
  std::size_t echoed_ = 0, misrouted_ = 0, refused_ = 0, abandoned_ = 0, lost_ = 0;
};

TEST_F(Traffic, EveryCallIsAnsweredOnceAndAllCountersAgree) {
  const std::size_t total = requests_to_send(10'000, 1'000'000);
  for (std::size_t number = 0; number < total; ++number) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return under_way_ < kAtOnce; });
      ++under_way_;
    }
    send(static_cast<uint32_t>(number));
  }
  std::unique_lock lock(mutex_);
  ASSERT_TRUE(changed_.wait_for(lock, 60s, [&] { return under_way_ == 0; }));
  server_->shut_down(std::chrono::steady_clock::now() + 20s);
  const auto model = echo_.models->find("echo");
  echo_.models->drain(std::chrono::steady_clock::now() + 20s);

  EXPECT_EQ(misrouted_, 0U);
  EXPECT_EQ(lost_, 0U);
  EXPECT_EQ(echoed_ + refused_ + abandoned_, total);
  EXPECT_GT(abandoned_, 0U);
  ModelStatistics counts = model->statistics();
  const std::size_t accepted = counts.success.count;
  const std::size_t cancelled = counts.failures["cancelled"] + counts.failures["deadline_exceeded"];
  EXPECT_EQ(counts.failure.count, cancelled + counts.failures["resource_exhausted"]);
  EXPECT_EQ(counts.pending_requests, 0);
  EXPECT_LE(accepted + counts.failure.count, total);
  // Answers that were on their way to a client that had left are the model's successes too.
  EXPECT_GE(accepted, echoed_);
  EXPECT_LE(accepted, echoed_ + abandoned_);
  EXPECT_GE(counts.failures["resource_exhausted"], refused_);
  EXPECT_GE(echo_.encoder->rows(), accepted);
  EXPECT_LE(echo_.encoder->rows(), accepted + cancelled);
  std::printf(
      "%zu calls: %zu echoed, %zu refused, %zu abandoned; model: %zu answered, %zu cancelled; "
      "engine: %zu\n",
      total, echoed_, refused_, abandoned_, accepted, cancelled, echo_.encoder->rows()
  );
}

}  // namespace
}  // namespace martlet
