#include "server/service/self_check.h"

#include <gtest/gtest.h>

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
