// A gRPC server with fake models, and a client of it.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/grpc/fake_models.h"
#include "server/grpc/running_server.h"

namespace martlet::test {

class GrpcTest : public testing::Test {
 protected:
  void TearDown() override { server_.reset(); }

  void start(GrpcOptions options = {}) {
    options.server_version = "9.9";
    auto server = run_grpc_server(options, registry_);
    ASSERT_TRUE(server) << server.error().message();
    server_ = *std::move(server);
    connect();
  }

  /// Leaves the connection that there is, if any, for a new one.
  void connect() {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(
        "127.0.0.1:" + std::to_string(server_->port()), grpc::InsecureChannelCredentials(),
        arguments
    );
  }

  /// A client of one service, e.g. client<inference::GRPCInferenceService>().
  template <class Service>
  std::unique_ptr<typename Service::Stub> client() {
    return Service::NewStub(channel_);
  }

  FakeRegistry registry_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

/// The context of a call that gives up after a minute.
inline std::unique_ptr<grpc::ClientContext> make_context() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  return context;
}

}  // namespace martlet::test
