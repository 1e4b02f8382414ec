#include "formats/precision_record.h"

#include <chrono>
#include <cstdlib>

#include "formats/model_hash.h"
#include "formats/test_files.h"

namespace martlet {
namespace {

PrecisionRecord example() {
  PrecisionRecord record{
      .version = "0.1.0", .model_sha256 = "abc", .data = "built-in", .texts = 3, .levels = {}
  };
  const PrecisionCheck fp32{.precision = "fp32", .layers = {"fp32", "fp32"}, .passed = true};
  PrecisionCheck int8{.precision = "int8", .layers = {"int8", "bf16"}, .passed = true};
  int8.label_agreement = 0.995;
  int8.min_cosine = 0.99;
  int8.ms = 1.5;
  record.levels.push_back({"amx", "this", "int8", {0.25, 0.5}, {fp32, int8}});
  record.levels.push_back({"avx2", "other", "fp32", {}, {fp32}});
  return record;
}

TEST(PrecisionRecord, ReadsBackWhatWasWritten) {
  const std::string written = to_json(example());
  const auto record = parse_precision_record(written, "test");
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(to_json(*record), written);
  EXPECT_EQ(record->texts, 3);
  const PrecisionCheck& chosen = record->levels[0].chosen();
  EXPECT_EQ(chosen.precision, "int8");
  EXPECT_EQ(chosen.layers, (std::vector<std::string>{"int8", "bf16"}));
  EXPECT_EQ(chosen.label_agreement, 0.995);
  EXPECT_FALSE(chosen.accuracy);
}

TEST(PrecisionRecord, FindsTheLevelAtBestOnThisProcessor) {
  PrecisionRecord record = example();
  record.levels.push_back({"amx", "that", "fp32", {}, record.levels[1].checks});
  EXPECT_EQ(record.find("amx", "that")->choice, "fp32");
  EXPECT_EQ(record.find("amx", "unknown")->choice, "int8");
  EXPECT_EQ(record.find("avx512", "this"), nullptr);
}

TEST(PrecisionRecord, RefusesWhatIsMalformed) {
  const std::string good = to_json(example());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  for (const std::string& text :
       {std::string("[]"), std::string("{}"), good.substr(0, good.size() / 2),
        with(R"("choice":"int8")", R"("choice":"bf16")"), with(R"("texts":3)", R"("texts":-3)"),
        with(R"("passed":true)", R"("passed":1)"), with(R"(["int8","bf16"])", R"(["int7"])"),
        with(R"("isa":"amx",)", ""), with(R"("levels":[)", R"("levels":[3,)")}) {
    const auto record = parse_precision_record(text, "test");
    ASSERT_FALSE(record) << text;
    EXPECT_EQ(record.error().code(), StatusCode::kInvalidModel) << text;
  }
}

class PrecisionRecordFile : public DirectoryTest {};

TEST_F(PrecisionRecordFile, CountsOnlyForTheModelItWasMeasuredOn) {
  EXPECT_EQ(load_precision_record(path("")).error().code(), StatusCode::kNotFound);
  write("config.json", "{}");
  write("model.safetensors", "weights");
  PrecisionRecord record = example();
  record.model_sha256 = *model_hash(path(""));
  EXPECT_EQ(record.model_sha256.size(), 64);
  write("martlet.json", to_json(record));
  EXPECT_TRUE(load_precision_record(path("")));
  write("model.safetensors", "Weights");
  const auto stale = load_precision_record(path(""));
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code(), StatusCode::kInvalidModel);
}

TEST_F(PrecisionRecordFile, AnAdapterMakesAnotherModel) {
  write("config.json", "{}");
  write("model.safetensors", "weights");
  std::filesystem::create_directory(path("adapter"));
  write("adapter/adapter_config.json", "{}");
  write("adapter/adapter_model.safetensors", "change");
  PrecisionRecord record = example();
  record.model_sha256 = *model_hash(path(""), path("adapter"));
  EXPECT_NE(record.model_sha256, *model_hash(path("")));
  write("adapter/martlet.json", to_json(record));
  EXPECT_TRUE(load_precision_record(path(""), path("adapter")));
  EXPECT_EQ(load_precision_record(path("")).error().code(), StatusCode::kNotFound);
}

TEST_F(PrecisionRecordFile, TheStampSparesReadingTheWeights) {
  write("config.json", "{}");
  write("model.safetensors", "weights");
  PrecisionRecord record = example();
  record.model_sha256 = "never looked at";
  record.model_stamp = *model_stamp(path(""));
  write("martlet.json", to_json(record));
  EXPECT_TRUE(load_precision_record(path("")));
  const auto later =
      std::filesystem::last_write_time(path("model.safetensors")) + std::chrono::milliseconds(1);
  std::filesystem::last_write_time(path("model.safetensors"), later);
  EXPECT_FALSE(load_precision_record(path(""))) << "written again: the whole hash decides";
}

TEST_F(PrecisionRecordFile, IsAlsoLookedForInTheUsersCache) {
  write("config.json", "{}");
  write("model.safetensors", "weights");
  ASSERT_EQ(setenv("XDG_CACHE_HOME", path("cache").c_str(), 1), 0);
  PrecisionRecord record = example();
  record.model_stamp = *model_stamp(path(""));
  const std::filesystem::path cached = cached_record_path(record.model_stamp);
  std::filesystem::create_directories(cached.parent_path());
  std::ofstream(cached) << to_json(record);
  EXPECT_TRUE(load_precision_record(path("")));
  ASSERT_EQ(setenv("XDG_CACHE_HOME", "relative", 1), 0);
  ASSERT_EQ(unsetenv("HOME"), 0);
  EXPECT_TRUE(cached_record_path(record.model_stamp).empty());
  EXPECT_EQ(load_precision_record(path("")).error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace martlet
