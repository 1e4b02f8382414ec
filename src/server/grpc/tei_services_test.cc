// text-embeddings-inference's services over a real connection, with fake models.
#include "server/grpc/grpc_testing.h"
#include "server/grpc/outcome.h"
#include "server/service/text_pairs.h"
#include "tei.grpc.pb.h"

namespace martlet {
namespace {

using namespace tei::v1;

class TeiServices : public test::GrpcTest {
 protected:
  void SetUp() override {
    registry_.add("classifier", ModelTask::kTextClassification);
    registry_.add("embedder", ModelTask::kEmbedding);
    reranker_ = &registry_.add("reranker", ModelTask::kRerank);
    start();
  }

  /// Calls `method` of `stub`, for the model of that name if it is not empty.
  template <class Stub, class Request, class Response>
  grpc::Status call(
      Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, Response& response, const std::string& model = ""
  ) {
    const auto context = test::make_context();
    if (!model.empty()) context->AddMetadata("martlet-model", model);
    return (stub.*method)(context.get(), request, &response);
  }

  test::FakeModel* reranker_ = nullptr;
};

TEST(Outcome, OnlyWhatIsOursIsHidden) {
  const auto said = [](StatusCode code, const char* message) {
    return make_outcome({code, message}).status.error_message();
  };
  EXPECT_EQ(said(StatusCode::kInternal, "[/srv/model] broke"), "[(path)] broke");
  EXPECT_EQ(said(StatusCode::kInvalidInput, "[infer] got \"a/b\""), "[infer] got \"a/b\"");
}

TEST_F(TeiServices, EmbedIsAnsweredByTheEmbeddingModel) {
  EmbedRequest request;
  request.set_inputs("h\u00e9llo");  // 6 bytes, 5 characters
  EmbedResponse response;
  const auto status = call(*client<Embed>(), &Embed::Stub::Embed, request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(
      std::vector<float>(response.embeddings().begin(), response.embeddings().end()),
      (std::vector<float>{6, 7, 8})
  );
  EXPECT_EQ(response.metadata().compute_chars(), 5);
  EXPECT_EQ(response.metadata().compute_tokens(), 2);
  EXPECT_GT(response.metadata().total_time_ns(), 0);
}

TEST_F(TeiServices, EmbedAllGivesTokens) {
  EmbedAllRequest request;
  request.set_inputs("hello");
  EmbedAllResponse response;
  ASSERT_TRUE(call(*client<Embed>(), &Embed::Stub::EmbedAll, request, response).ok());
  ASSERT_EQ(response.token_embeddings_size(), 2);
  EXPECT_EQ(response.token_embeddings(1).embeddings(2), 6);
}

TEST_F(TeiServices, EmptyTextsAndPromptsAreRefused) {
  const auto stub = client<Embed>();
  EmbedResponse response;
  EXPECT_EQ(
      call(*stub, &Embed::Stub::Embed, EmbedRequest(), response).error_code(),
      grpc::StatusCode::INVALID_ARGUMENT
  );
  EmbedRequest request;
  request.set_inputs("hello");
  request.set_prompt_name("query");
  EXPECT_EQ(
      call(*stub, &Embed::Stub::Embed, request, response).error_code(),
      grpc::StatusCode::INVALID_ARGUMENT
  );
}

TEST_F(TeiServices, PredictionsAreBestFirst) {
  PredictRequest request;
  request.set_inputs("hello");
  PredictResponse response;
  const auto stub = client<Predict>();
  ASSERT_TRUE(call(*stub, &Predict::Stub::Predict, request, response, "classifier").ok());
  ASSERT_EQ(response.predictions_size(), 2);
  EXPECT_EQ(response.predictions(0).label(), "NEGATIVE");
  EXPECT_NEAR(response.predictions(0).score(), 0.99995, 1e-4);
  request.set_raw_scores(true);
  ASSERT_TRUE(call(*stub, &Predict::Stub::Predict, request, response, "classifier").ok());
  EXPECT_EQ(response.predictions(0).score(), 5);
}

TEST_F(TeiServices, WithSeveralModelsForATaskOneMustBeNamed) {
  PredictRequest request;
  request.set_inputs("hello");
  PredictResponse response;
  const auto stub = client<Predict>();
  const auto status = call(*stub, &Predict::Stub::Predict, request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("martlet-model"), std::string::npos);
  EXPECT_EQ(
      call(*stub, &Predict::Stub::Predict, request, response, "embedder").error_code(),
      grpc::StatusCode::INVALID_ARGUMENT
  );
  EXPECT_EQ(
      call(*stub, &Predict::Stub::Predict, request, response, "nobody").error_code(),
      grpc::StatusCode::NOT_FOUND
  );
}

TEST_F(TeiServices, PairsAreTwoTexts) {
  PredictPairRequest request;
  const auto stub = client<Predict>();
  PredictResponse response;
  for (int texts = 0; texts <= 3; ++texts) {
    EXPECT_EQ(
        call(*stub, &Predict::Stub::PredictPair, request, response, "classifier").ok(),
        texts == 1 || texts == 2
    ) << texts;
    request.add_inputs("hello");
  }
}

TEST_F(TeiServices, RanksAreBestFirst) {
  RerankRequest request;
  request.set_query("q");
  request.add_texts("four");
  request.add_texts("longest");
  request.add_texts("seven");
  request.set_return_text(true);
  RerankResponse response;
  const auto stub = client<Rerank>();
  ASSERT_TRUE(call(*stub, &Rerank::Stub::Rerank, request, response).ok());
  ASSERT_EQ(response.ranks_size(), 3);
  EXPECT_EQ(response.ranks(0).index(), 1);
  EXPECT_EQ(response.ranks(0).text(), "longest");
  EXPECT_NEAR(response.ranks(0).score(), 0.9526, 1e-4);  // sigmoid(8 - 5)
  EXPECT_EQ(response.ranks(2).score(), 0.5);
  request.clear_texts();
  EXPECT_EQ(
      call(*stub, &Rerank::Stub::Rerank, request, response).error_code(),
      grpc::StatusCode::INVALID_ARGUMENT
  );
}

TEST_F(TeiServices, AQueryCountsWithEachText) {
  const auto stub = client<Rerank>();
  RerankRequest request;
  request.set_query(std::string(kMaxMeantBytes / 16, 'q'));
  for (int i = 0; i < 15; ++i) request.add_texts("d");
  RerankResponse response;
  EXPECT_TRUE(call(*stub, &Rerank::Stub::Rerank, request, response).ok());
  request.add_texts("d");
  const auto status = call(*stub, &Rerank::Stub::Rerank, request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
}

TEST_F(TeiServices, AStreamDoesNotGatherTextsWithoutEnd) {
  const auto stub = client<Rerank>();
  const auto context = test::make_context();
  RerankResponse response;
  const auto stream = stub->RerankStream(context.get(), &response);
  RerankStreamRequest request;
  request.set_query("q");
  request.set_text(std::string(kMaxMeantBytes / 8 + 1, 't'));
  for (int i = 0; i < 8; ++i) stream->Write(request);  // the last may find the call over
  stream->WritesDone();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(TeiServices, RerankStreamIsOneRequest) {
  const auto stub = client<Rerank>();
  const auto context = test::make_context();
  RerankResponse response;
  const auto stream = stub->RerankStream(context.get(), &response);
  for (const char* text : {"four", "longest"}) {
    RerankStreamRequest request;
    request.set_query("q");
    request.set_text(text);
    request.set_raw_scores(true);
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  ASSERT_TRUE(stream->Finish().ok());
  ASSERT_EQ(response.ranks_size(), 2);
  EXPECT_EQ(response.ranks(0).index(), 1);
  EXPECT_EQ(response.ranks(0).score(), 3);
}

TEST_F(TeiServices, TokensHaveOffsetsAndDecode) {
  const auto stub = client<Tokenize>();
  EncodeRequest request;
  request.set_inputs("the \u00e9 the");
  request.set_add_special_tokens(true);
  EncodeResponse response;
  ASSERT_TRUE(call(*stub, &Tokenize::Stub::Tokenize, request, response, "embedder").ok());
  ASSERT_GE(response.tokens_size(), 5);
  const SimpleToken& first = response.tokens(0);
  EXPECT_TRUE(first.special());
  EXPECT_FALSE(first.has_start());
  const SimpleToken& last = response.tokens(response.tokens_size() - 2);
  EXPECT_EQ(last.stop(), 9);  // characters, not bytes
  DecodeRequest decode;
  decode.set_skip_special_tokens(true);
  for (const auto& token : response.tokens()) decode.add_ids(token.id());
  DecodeResponse text;
  ASSERT_TRUE(call(*stub, &Tokenize::Stub::Decode, decode, text, "embedder").ok());
  EXPECT_NE(text.text(), "");
}

TEST_F(TeiServices, TokensOfARequestAreLimited) {
  server_.reset();
  GrpcOptions options;
  options.serving.max_request_tokens = 4;
  start(options);
  const auto stub = client<Tokenize>();
  EncodeRequest request;
  request.set_inputs("a a a a");
  EncodeResponse response;
  EXPECT_TRUE(call(*stub, &Tokenize::Stub::Tokenize, request, response, "embedder").ok());
  request.set_inputs("a a a a a");
  EXPECT_EQ(
      call(*stub, &Tokenize::Stub::Tokenize, request, response, "embedder").error_code(),
      grpc::StatusCode::INVALID_ARGUMENT
  );
}

TEST_F(TeiServices, StreamEndsWithTheFirstFailure) {
  const auto stub = client<Embed>();
  const auto context = test::make_context();
  const auto stream = stub->EmbedStream(context.get());
  for (const char* text : {"late", "four", "break"}) {
    EmbedRequest request;
    request.set_inputs(text);
    ASSERT_TRUE(stream->Write(request));
  }
  EmbedResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.embeddings(0), 4);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INTERNAL);
}

TEST_F(TeiServices, Info) {
  InfoResponse response;
  const auto stub = client<Info>();
  ASSERT_TRUE(call(*stub, &Info::Stub::Info, InfoRequest(), response, "reranker").ok());
  EXPECT_EQ(response.model_id(), "reranker");
  EXPECT_EQ(response.model_type(), MODEL_TYPE_RERANKER);
  EXPECT_EQ(response.model_dtype(), "float32");
  EXPECT_EQ(response.max_input_length(), 64);
  EXPECT_EQ(response.version(), "9.9");
}

}  // namespace
}  // namespace martlet
