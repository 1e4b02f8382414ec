#include "server/service/self_check.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "formats/test_files.h"
#include "server/service/service_testing.h"

namespace martlet {
namespace {

TEST(SelfCheckTest, AModelIsLikeItself) {
  for (const char* name : {"bert-odd", "bert-pooler-sharded", "bert-gelu-new"}) {
    const LoadedModel model = load_golden(name);
    const auto reference = make_reference(model);
    ASSERT_TRUE(reference) << reference.error().message();
    EXPECT_TRUE(compare_with_reference(model, *reference).ok());
    EXPECT_TRUE(check_model(served_golden(name), model, {}).ok());
  }
}

TEST(SelfCheckTest, FindsAnEngineThatIsOff) {
  const LoadedModel model = load_golden("bert-odd");
  auto reference = make_reference(model);
  ASSERT_TRUE(reference);
  reference->values[1][2] += 5e-4F;
  EXPECT_TRUE(compare_with_reference(model, *reference).ok());
  reference->values[1][2] += 1e-3F;
  const Status status = compare_with_reference(model, *reference);
  EXPECT_EQ(status.code(), StatusCode::kInvalidModel);
  EXPECT_NE(status.message().find("self-check"), std::string::npos);
}

TEST(SelfCheckTest, FindsValuesThatAreNotFinite) {
  LoadedModel model = load_golden("bert-odd");
  make_faulty(model).gives_nan = true;
  EXPECT_FALSE(make_reference(model));
}

TEST(SelfCheckTest, OtherPrecisionsAreComparedWithFp32) {
  for (const char* precision : {"bf16", "int8"}) {
    ServingOptions options;
    options.encoder.precision = precision;
    options.encoder.threads = 1;
    const auto model = load_scheduled_model({"m", served_golden("bert-odd")}, options);
    EXPECT_TRUE(model) << precision << ": " << model.status().message();
  }
}

/// Of an int8 model, in a cache of its own.
class KeptReferenceTest : public DirectoryTest {
 protected:
  KeptReferenceTest() {
    ::setenv("XDG_CACHE_HOME", path("cache").c_str(), 1);
    options_.encoder.precision = "int8";
    options_.encoder.threads = 1;
    model_ = load_served_model({"m", model_directory_}, options_);
    if (!model_) throw std::runtime_error(model_.error().message());
  }

  [[nodiscard]] Status check() const { return check_model(model_directory_, *model_, options_); }
  [[nodiscard]] std::filesystem::path kept() const {
    return kept_reference_path(*model_, options_);
  }

 private:
  const std::filesystem::path model_directory_ = served_golden("bert-odd");
  ServingOptions options_;
  Result<LoadedModel> model_ = Status();
};

TEST_F(KeptReferenceTest, OnlyTheFirstCheckNeedsFp32) {
  ASSERT_TRUE(check().ok());
  auto reference = read_reference(kept());
  ASSERT_TRUE(reference) << reference.error().message();
  reference->values[0][0] += 1e-4F;  // a mark, too small to matter
  ASSERT_TRUE(write_reference(kept(), *reference).ok());
  EXPECT_TRUE(check().ok());
  EXPECT_EQ(read_reference(kept())->values, reference->values) << "it was made again";
}

TEST_F(KeptReferenceTest, OneThatIsOffIsMadeAgain) {
  ASSERT_TRUE(check().ok());
  const auto right = read_reference(kept());
  auto wrong = *right;
  for (float& value : wrong.values[0]) value += 100;
  ASSERT_TRUE(write_reference(kept(), wrong).ok());
  EXPECT_TRUE(check().ok());
  EXPECT_EQ(read_reference(kept())->values, right->values);
}

TEST_F(KeptReferenceTest, WithoutACacheNothingIsKept) {
  ::setenv("XDG_CACHE_HOME", "/dev/null/nowhere", 1);
  EXPECT_TRUE(check().ok());
  EXPECT_FALSE(read_reference(kept()));
}

TEST(ReferenceTest, ReadsTextsAndValues) {
  const auto reference =
      parse_reference(R"({"texts": ["a", "b"], "values": [[1, 2.5], [3, 4]]})", "r");
  ASSERT_TRUE(reference) << reference.error().message();
  EXPECT_EQ(reference->texts[1], "b");
  EXPECT_EQ(reference->values[0][1], 2.5F);
}

TEST(ReferenceTest, RefusesWhatIsMalformed) {
  for (const char* bad : {
           "",
           "[]",
           "{}",
           R"({"texts": [], "values": []})",
           R"({"texts": ["a"], "values": []})",
           R"({"texts": [1], "values": [[1]]})",
           R"({"texts": ["a"], "values": [["x"]]})",
           R"({"texts": ["a", "b"], "values": [[1], [1, 2]]})",
           R"({"texts": ["a"], "values": [[]]})",
       })
    EXPECT_EQ(parse_reference(bad, "r").status().code(), StatusCode::kInvalidModel) << bad;
}

}  // namespace
}  // namespace martlet
