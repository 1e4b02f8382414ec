// The Open Inference Protocol over a real connection, with fake models.
#include <cstring>
#include <thread>

#include "open_inference_grpc.grpc.pb.h"
#include "retry_info.pb.h"
#include "server/grpc/grpc_testing.h"

namespace martlet {
namespace {

using inference::GRPCInferenceService;
using inference::ModelInferRequest;
using inference::ModelInferResponse;
using inference::ModelStreamInferResponse;

ModelInferRequest typed_request(const std::string& model, const std::string& text) {
  ModelInferRequest request;
  request.set_model_name(model);
  request.set_id("id of " + text);
  auto& input = *request.add_inputs();
  input.set_name("text");
  input.set_datatype("BYTES");
  input.add_shape(1);
  input.mutable_contents()->add_bytes_contents(text);
  return request;
}

class InferenceService : public test::GrpcTest {
 protected:
  void SetUp() override {
    classifier_ = &registry_.add("classifier", ModelTask::kTextClassification);
    registry_.add("embedder", ModelTask::kEmbedding);
    start();
    stub_ = client<GRPCInferenceService>();
  }

  grpc::Status infer(const ModelInferRequest& request, ModelInferResponse& response) {
    context_ = test::make_context();
    return stub_->ModelInfer(context_.get(), request, &response);
  }

  grpc::Status infer(const ModelInferRequest& request) {
    ModelInferResponse response;
    return infer(request, response);
  }

  test::FakeModel* classifier_ = nullptr;
  std::unique_ptr<GRPCInferenceService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
};

TEST_F(InferenceService, TypedContentsAreAnsweredTyped) {
  ModelInferResponse response;
  const auto status = infer(typed_request("classifier", "four"), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.id(), "id of four");
  EXPECT_EQ(response.model_name(), "classifier");
  EXPECT_EQ(response.model_version(), "1");
  ASSERT_EQ(response.outputs_size(), 3);
  EXPECT_EQ(response.raw_output_contents_size(), 0);
  EXPECT_EQ(response.outputs(0).name(), "logits");
  EXPECT_EQ(response.outputs(0).datatype(), "FP32");
  EXPECT_EQ(response.outputs(0).contents().fp32_contents(0), 4);
  EXPECT_EQ(response.outputs(0).contents().fp32_contents(1), -4);
  EXPECT_EQ(response.outputs(1).contents().bytes_contents(0), "NEGATIVE");
  EXPECT_EQ(response.parameters().at("tokens").int64_param(), 2);
}

TEST_F(InferenceService, RawContentsAreAnsweredRaw) {
  ModelInferRequest request = typed_request("embedder", "");
  request.mutable_inputs(0)->clear_contents();
  request.add_raw_input_contents(std::string("\4\0\0\0four", 8));
  ModelInferResponse response;
  const auto status = infer(request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  const std::vector<float> expected{4, 5, 6};
  ASSERT_EQ(response.raw_output_contents(0).size(), 12);
  EXPECT_EQ(std::memcmp(response.raw_output_contents(0).data(), expected.data(), 12), 0);
  EXPECT_EQ(response.outputs(0).shape(0), 1);
  EXPECT_EQ(response.outputs(0).shape(1), 3);
}

TEST_F(InferenceService, OutputsAreThoseAskedForInThatOrder) {
  ModelInferRequest request = typed_request("classifier", "four");
  request.add_outputs()->set_name("score");
  request.add_outputs()->set_name("logits");
  ModelInferResponse response;
  ASSERT_TRUE(infer(request, response).ok());
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(0).name(), "score");
  EXPECT_EQ(response.outputs(1).name(), "logits");
  request.add_outputs()->set_name("embedding");
  EXPECT_EQ(infer(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(InferenceService, FailuresAreCodes) {
  EXPECT_EQ(infer(typed_request("nobody", "x")).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(infer(typed_request("", "x")).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(infer(typed_request("classifier", "break")).error_code(), grpc::StatusCode::INTERNAL);
  registry_.add_loading("slow");
  EXPECT_EQ(infer(typed_request("slow", "x")).error_code(), grpc::StatusCode::UNAVAILABLE);
  ModelInferRequest version = typed_request("classifier", "x");
  version.set_model_version("2");
  EXPECT_EQ(infer(version).error_code(), grpc::StatusCode::NOT_FOUND);
  ModelInferRequest mixed = typed_request("classifier", "x");
  mixed.add_raw_input_contents("x");
  EXPECT_EQ(infer(mixed).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(InferenceService, RefusalSaysWhenToComeBack) {
  const auto status = infer(typed_request("classifier", "refuse"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.RetryInfo");
  rpc::RetryInfo info;
  ASSERT_TRUE(info.ParseFromString(details.details(0).value()));
  EXPECT_EQ(info.retry_delay().seconds(), 1);
  EXPECT_EQ(info.retry_delay().nanos(), 500'000'000);
  const auto& trailing = context_->GetServerTrailingMetadata();
  const auto pushback = trailing.find("grpc-retry-pushback-ms");
  ASSERT_NE(pushback, trailing.end());
  EXPECT_EQ(pushback->second, "1500");
}

TEST_F(InferenceService, ClientThatLeavesCancels) {
  const auto request = typed_request("classifier", "wait");
  context_ = test::make_context();
  std::thread leaver([&] {
    EXPECT_TRUE(classifier_->wait_for_submitted(1));
    context_->TryCancel();
  });
  ModelInferResponse response;
  const auto status = stub_->ModelInfer(context_.get(), request, &response);
  leaver.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(classifier_->wait_for_cancelled(1));
}

TEST_F(InferenceService, DeadlineReachesTheModel) {
  context_ = test::make_context();
  context_->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  const auto before = std::chrono::steady_clock::now();
  ModelInferResponse response;
  const auto status =
      stub_->ModelInfer(context_.get(), typed_request("classifier", "wait"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  const auto deadline = classifier_->last_options().deadline;
  ASSERT_TRUE(deadline);
  EXPECT_LT(*deadline - before, std::chrono::seconds(20)) << "the client's own, not a default";
  EXPECT_TRUE(classifier_->wait_for_cancelled(1));
}

TEST_F(InferenceService, ParametersReachTheModel) {
  ModelInferRequest request = typed_request("classifier", "four");
  (*request.mutable_parameters())["priority"].set_uint64_param(3);
  (*request.mutable_parameters())["truncate"].set_bool_param(false);
  ASSERT_TRUE(infer(request).ok());
  EXPECT_FALSE(classifier_->last_options().truncate);
  (*request.mutable_parameters())["priority"].set_uint64_param(4);
  EXPECT_EQ(infer(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(InferenceService, Metadata) {
  inference::ServerMetadataResponse server;
  ASSERT_TRUE(stub_->ServerMetadata(test::make_context().get(), {}, &server).ok());
  EXPECT_EQ(server.name(), "martlet");
  EXPECT_EQ(server.version(), "9.9");

  inference::ModelMetadataRequest request;
  request.set_name("classifier");
  inference::ModelMetadataResponse model;
  ASSERT_TRUE(stub_->ModelMetadata(test::make_context().get(), request, &model).ok());
  EXPECT_EQ(model.versions(0), "1");
  EXPECT_EQ(model.inputs(0).name(), "text");
  EXPECT_EQ(model.inputs(0).shape(0), -1);
  EXPECT_EQ(model.outputs(0).shape(1), 2);

  inference::ModelConfigRequest config_request;
  config_request.set_name("classifier");
  inference::ModelConfigResponse config;
  ASSERT_TRUE(stub_->ModelConfig(test::make_context().get(), config_request, &config).ok());
  EXPECT_EQ(config.config().max_batch_size(), 0);
  EXPECT_EQ(config.config().input(0).data_type(), inference::TYPE_STRING);
}

TEST_F(InferenceService, Readiness) {
  const auto ready = [&](const std::string& name) {
    inference::ModelReadyRequest request;
    request.set_name(name);
    inference::ModelReadyResponse response;
    const auto status = stub_->ModelReady(test::make_context().get(), request, &response);
    return status.ok() ? std::to_string(response.ready()) : status.error_message();
  };
  const auto server_ready = [&] {
    inference::ServerReadyResponse response;
    EXPECT_TRUE(stub_->ServerReady(test::make_context().get(), {}, &response).ok());
    return response.ready();
  };
  EXPECT_TRUE(server_ready());
  registry_.add_loading("slow");
  EXPECT_EQ(ready("classifier"), "1");
  EXPECT_EQ(ready("slow"), "0");
  EXPECT_NE(ready("nobody").find("no model \"nobody\""), std::string::npos);
  EXPECT_FALSE(server_ready());
}

TEST_F(InferenceService, IndexAndStatistics) {
  registry_.add_loading("slow");
  inference::RepositoryIndexRequest request;
  inference::RepositoryIndexResponse index;
  ASSERT_TRUE(stub_->RepositoryIndex(test::make_context().get(), request, &index).ok());
  ASSERT_EQ(index.models_size(), 3);
  EXPECT_EQ(index.models(2).state(), "LOADING");
  request.set_ready(true);
  ASSERT_TRUE(stub_->RepositoryIndex(test::make_context().get(), request, &index).ok());
  EXPECT_EQ(index.models_size(), 2);

  inference::ModelStatisticsResponse statistics;
  ASSERT_TRUE(stub_->ModelStatistics(test::make_context().get(), {}, &statistics).ok());
  ASSERT_EQ(statistics.model_stats_size(), 2);
  EXPECT_EQ(statistics.model_stats(0).inference_count(), 7);
  EXPECT_EQ(statistics.model_stats(0).batch_stats(0).compute_infer().ns(), 5000);
}

TEST_F(InferenceService, StreamAnswersInOrderAndSurvivesFailures) {
  const auto context = test::make_context();
  const auto stream = stub_->ModelStreamInfer(context.get());
  const std::vector<std::string> texts{"late", "four", "break", "seven", "late"};
  for (const auto& text : texts) ASSERT_TRUE(stream->Write(typed_request("classifier", text)));
  ASSERT_TRUE(stream->Write(typed_request("nobody", "x")));
  stream->WritesDone();
  ModelStreamInferResponse response;
  for (const auto& text : texts) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.infer_response().id(), "id of " + text);
    EXPECT_EQ(response.error_message().empty(), text != "break") << response.error_message();
  }
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_NE(response.error_message(), "");
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(InferenceService, StreamIsLongerThanItsWindow) {
  const auto context = test::make_context();
  const auto stream = stub_->ModelStreamInfer(context.get());
  constexpr int kRequests = 500;
  std::thread writer([&] {
    for (int i = 0; i < kRequests; ++i)
      stream->Write(typed_request("classifier", std::to_string(i)));
    stream->WritesDone();
  });
  ModelStreamInferResponse response;
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.infer_response().id(), "id of " + std::to_string(i));
  }
  writer.join();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(InferenceService, StreamThatIsLeftCancelsItsRequests) {
  const auto context = test::make_context();
  const auto stream = stub_->ModelStreamInfer(context.get());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Write(typed_request("classifier", "wait")));
  ASSERT_TRUE(stream->Write(typed_request("classifier", "four")));
  context->TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace martlet
