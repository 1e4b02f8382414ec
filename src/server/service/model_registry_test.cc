#include "server/service/model_registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/error.h"
#include "server/service/public_message.h"
#include "server/service/service_testing.h"

namespace martlet {
namespace {

std::unique_ptr<ModelRegistry> golden_registry() {
  ServingOptions options;
  options.encoder.threads = 1;
  return make_model_registry(options);
}

ModelSpec golden(std::string name) {
  auto directory = served_golden(name);
  return {std::move(name), std::move(directory)};
}

TEST(ModelSpecTest, TheNameIsGivenOrTheDirectorys) {
  EXPECT_EQ(parse_model_spec("models/sst2")->name, "sst2");
  EXPECT_EQ(parse_model_spec("models/sst2/")->name, "sst2");
  EXPECT_EQ(parse_model_spec("mood=models/sst2")->name, "mood");
  EXPECT_EQ(parse_model_spec("mood=models/sst2")->directory, "models/sst2");
  EXPECT_EQ(parse_model_spec("models/a=b/sst2")->name, "sst2");
  EXPECT_FALSE(parse_model_spec(".")->name.empty());
  for (const std::string_view bad : {"", "name=", "=path", "a\nb=path"})
    EXPECT_EQ(parse_model_spec(bad).error().code(), StatusCode::kInvalidArgument) << bad;
}

TEST(ModelRegistryTest, AClassifierAndAnEmbedderTogether) {
  const auto registry = golden_registry();
  EXPECT_FALSE(registry->ready());
  registry->announce(golden("bert-odd"));
  EXPECT_EQ(registry->index().front().state, ModelState::kLoading);
  ASSERT_TRUE(registry->load(golden("bert-odd")).ok());
  EXPECT_TRUE(registry->ready());
  EXPECT_NE(registry->only(), nullptr);
  ASSERT_TRUE(registry->load(golden("bert-pooler-sharded")).ok());
  EXPECT_EQ(registry->only(), nullptr);
  EXPECT_TRUE(ask(*registry->find("bert-odd"), inputs_of({"good"})).answers);
  EXPECT_TRUE(ask(*registry->find("bert-pooler-sharded"), inputs_of({"good"})).answers);
  EXPECT_EQ(registry->find("bert"), nullptr);
  ASSERT_TRUE(registry->unload("bert-odd").ok());
  EXPECT_EQ(registry->find("bert-odd"), nullptr);
  EXPECT_EQ(registry->unload("bert-odd").code(), StatusCode::kNotFound);
  EXPECT_EQ(registry->reload("bert-odd").code(), StatusCode::kNotFound);
}

TEST(ModelRegistryTest, AFailedLoadSaysWhyWithoutPaths) {
  const auto registry = golden_registry();
  const ModelSpec nowhere{"gone", "/no/such/directory"};
  EXPECT_FALSE(registry->load(nowhere).ok());
  const auto index = registry->index();
  ASSERT_EQ(index.size(), 1U);
  EXPECT_EQ(index[0].state, ModelState::kUnavailable);
  EXPECT_FALSE(index[0].reason.empty());
  EXPECT_EQ(index[0].reason.find('/'), std::string::npos);
  EXPECT_FALSE(registry->ready());
}

TEST(ModelRegistryTest, AFailedReloadKeepsTheOld) {
  bool fails = false;
  const auto registry =
      make_model_registry([&](const ModelSpec& spec) -> Result<std::unique_ptr<ServedModel>> {
        if (fails) return error(StatusCode::kInvalidModel, "test", "told to fail");
        return serve(load_golden(spec.name));
      });
  ASSERT_TRUE(registry->load(golden("bert-odd")).ok());
  fails = true;
  EXPECT_FALSE(registry->reload("bert-odd").ok());
  ASSERT_NE(registry->find("bert-odd"), nullptr);
  EXPECT_TRUE(ask(*registry->find("bert-odd"), inputs_of({"good"})).answers);
  EXPECT_EQ(registry->index().front().state, ModelState::kReady);
}

TEST(ModelRegistryTest, ReloadsUnderLoadLoseNothing) {
  const auto registry = golden_registry();
  ASSERT_TRUE(registry->load(golden("bert-odd")).ok());
  std::atomic<bool> ends{false};
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!ends) {
        const auto model = registry->find("bert-odd");
        if (model != nullptr && ask(*model, inputs_of({"good film"})).answers) {
          ++answered;
        } else {
          ++failed;
        }
      }
    });
  }
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(registry->reload("bert-odd").ok());
  ends = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(answered, 0);
}

TEST(ModelRegistryTest, DrainingIsNotReady) {
  const auto registry = golden_registry();
  ASSERT_TRUE(registry->load(golden("bert-odd")).ok());
  registry->stop_being_ready();
  EXPECT_FALSE(registry->ready());
  EXPECT_TRUE(ask(*registry->find("bert-odd"), inputs_of({"good"})).answers);
  registry->drain(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  EXPECT_FALSE(ask(*registry->find("bert-odd"), inputs_of({"good"})).answers);
}

TEST(PublicMessageTest, HasNoPaths) {
  EXPECT_EQ(
      public_message({StatusCode::kIo, "[/home/me/model/config.json] got '/etc/x', expected b"}),
      "[(path)] got '(path)', expected b"
  );
  EXPECT_EQ(public_message({StatusCode::kIo, "[a] b, got c"}), "[a] b, got c");
}

}  // namespace
}  // namespace martlet
