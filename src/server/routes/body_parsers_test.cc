// What the body parsers take and refuse; the dialects' answers are in dialects_test.cc.
#include <gtest/gtest.h>

#include <string>

#include "server/routes/native_request.h"
#include "server/routes/openai_request.h"
#include "server/routes/request_body.h"
#include "server/routes/rerank_request.h"
#include "server/routes/tei_request.h"
#include "server/routes/v2_body.h"

namespace martlet {
namespace {

using std::chrono::steady_clock;

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(BodyTest, DepthLimitIsExact) {
  EXPECT_TRUE(parse_body(nested(63)));
  EXPECT_TRUE(parse_body(nested(64)));
  EXPECT_EQ(parse_body(nested(65)).error().code(), StatusCode::kInvalidInput);
}

TEST(BodyTest, OneClearLineForWhatIsWrong) {
  for (const std::string_view bad :
       {std::string_view(""), std::string_view("{"), std::string_view(R"({"a":1,"a":2})"),
        std::string_view("[1,]"), std::string_view("\"\xFF\""), std::string_view("[\"a\0b\"]", 7),
        std::string_view("[NaN]"), std::string_view("{} {}")}) {
    const auto value = parse_body(bad);
    ASSERT_FALSE(value) << bad;
    EXPECT_EQ(value.error().code(), StatusCode::kInvalidInput);
    EXPECT_EQ(value.error().message().find('\n'), std::string::npos);
    EXPECT_EQ(value.error().message().substr(0, 6), "[body]");
  }
}

Result<NativeRequest> native(std::string_view body) {
  return parse_native_request(body, steady_clock::now());
}

TEST(NativeBodyTest, TakesTextsPairsAndIds) {
  const auto request = native(R"(["a", ["b", "c"], {"text": "d", "pair": "e"}, {"ids": [1, 2]}])");
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_TRUE(request->bare);
  ASSERT_EQ(request->inputs.size(), 4U);
  EXPECT_EQ(request->inputs[1].pair, "c");
  EXPECT_EQ(request->inputs[2].pair, "e");
  EXPECT_EQ(request->inputs[3].ids, (std::vector<int32_t>{1, 2}));
  EXPECT_EQ(native(R"({"inputs": "one"})")->inputs[0].text, "one");
}

TEST(NativeBodyTest, ReadsOptions) {
  const auto request = native(
      R"({"inputs": "a", "model": "m", "top_k": 3, "truncate": false, "max_length": 9,
          "truncation_side": "left", "priority": "bulk", "timeout_ms": 50, "stream": true,
          "normalize": true, "dimensions": 4, "unknown": {}})"
  );
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->model, "m");
  EXPECT_EQ(request->top_k, 3);
  EXPECT_FALSE(request->options.truncate);
  EXPECT_EQ(request->options.max_length, 9);
  EXPECT_EQ(request->options.side, TruncationSide::kLeft);
  EXPECT_EQ(request->options.priority, Priority::kBulk);
  EXPECT_TRUE(request->options.deadline);
  EXPECT_TRUE(request->stream);
  EXPECT_EQ(request->options.dimensions, 4);
}

TEST(NativeBodyTest, RefusesWrongTypes) {
  for (const char* bad : {
           R"({})",
           R"({"inputs": 1})",
           R"({"inputs": [1]})",
           R"({"inputs": [["a"]]})",
           R"({"inputs": ["a", null]})",
           R"({"inputs": "a", "top_k": -1})",
           R"({"inputs": "a", "top_k": 1e99})",
           R"({"inputs": "a", "truncate": "yes"})",
           R"({"inputs": "a", "priority": "high"})",
           R"({"inputs": "a", "timeout_ms": 0})",
           R"({"inputs": {"pair": "b"}})",
           R"({"inputs": {"ids": []}})",
           R"({"inputs": {"ids": [-1]}})",
           R"({"inputs": {"ids": [2147483648]}})",
           "3",
       })
    EXPECT_EQ(native(bad).status().code(), StatusCode::kInvalidInput) << bad;
}

TEST(NativeBodyTest, LinesAreItems) {
  const auto request = parse_native_lines("\"a\"\r\n\n[\"b\", \"c\"]\n{\"text\": \"d\"}");
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->inputs.size(), 3U);
  EXPECT_TRUE(request->stream);
  const auto bad = parse_native_lines("\"a\"\n{");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message().find("line 2"), std::string::npos);
}

TEST(TeiBodyTest, PredictTakesOnePairOrLists) {
  const auto inputs = [](std::string_view json) {
    return parse_tei_request(TeiRoute::kPredict, "{\"inputs\": " + std::string(json) + "}");
  };
  EXPECT_TRUE(inputs(R"("a")")->single);
  EXPECT_EQ(inputs(R"(["a", "b"])")->inputs[0].pair, "b");
  EXPECT_TRUE(inputs(R"(["a", "b"])")->single);
  EXPECT_EQ(inputs(R"([["a"], ["b", "c"]])")->inputs[1].pair, "c");
  EXPECT_FALSE(inputs(R"([["a"]])")->single);
  for (const char* bad : {R"(["a", "b", "c"])", "1", "[[1]]", "[[]]", R"([["a"], "b", 3])"})
    EXPECT_FALSE(inputs(bad)) << bad;
}

TEST(TeiBodyTest, EmbedTakesTextsAndIds) {
  const auto inputs = [](std::string_view json) {
    return parse_tei_request(TeiRoute::kEmbed, "{\"inputs\": " + std::string(json) + "}");
  };
  EXPECT_TRUE(inputs(R"("a")")->options.normalize.value());
  EXPECT_EQ(inputs(R"([1, 2])")->inputs[0].ids.size(), 2U);
  EXPECT_EQ(inputs(R"(["a", [3]])")->inputs.size(), 2U);
  EXPECT_TRUE(inputs("[]")->inputs.empty());
  for (const char* bad : {"null", "{}", "[1, \"a\"]", "[[]]"}) EXPECT_FALSE(inputs(bad)) << bad;
}

TEST(TeiBodyTest, ReadsTheOtherBodies) {
  const auto rerank = parse_tei_request(
      TeiRoute::kRerank, R"({"query": "q", "texts": ["a"], "return_text": true})"
  );
  ASSERT_TRUE(rerank);
  EXPECT_EQ(rerank->texts, std::vector<std::string>{"a"});
  const auto similarity = parse_tei_request(
      TeiRoute::kSimilarity, R"({"inputs": {"source_sentence": "a", "sentences": ["b", "c"]}})"
  );
  ASSERT_TRUE(similarity);
  EXPECT_EQ(similarity->inputs.size(), 3U);
  EXPECT_FALSE(parse_tei_request(TeiRoute::kEmbed, R"({"inputs": "a", "prompt_name": "query"})"));
  EXPECT_TRUE(parse_tei_request(TeiRoute::kEmbed, R"({"inputs": "a", "prompt_name": null})"));
  EXPECT_EQ(parse_tei_decode(R"({"ids": [1, 2]})")->ids.size(), 1U);
  EXPECT_EQ(parse_tei_decode(R"({"ids": [[1], [2]]})")->ids.size(), 2U);
  EXPECT_FALSE(parse_tei_decode(R"({"ids": "a"})"));
}

TEST(OpenAiBodyTest, ReadsInputs) {
  EXPECT_EQ(parse_openai_request(R"({"input": "a", "model": "m"})")->inputs.size(), 1U);
  EXPECT_EQ(parse_openai_request(R"({"input": ["a", "b"]})")->inputs.size(), 2U);
  EXPECT_EQ(parse_openai_request(R"({"input": [1, 2]})")->inputs[0].ids.size(), 2U);
  EXPECT_EQ(parse_openai_request(R"({"input": [[1], [2]]})")->inputs.size(), 2U);
  EXPECT_TRUE(parse_openai_request(R"({"input": "a", "encoding_format": "base64"})")->base64);
  for (const char* bad :
       {"{}", R"({"input": 1})", R"({"input": "a", "encoding_format": "hex"})",
        R"({"input": "a", "dimensions": 0})"})
    EXPECT_FALSE(parse_openai_request(bad)) << bad;
}

TEST(RerankBodyTest, DocumentsAreTextsOrObjects) {
  const auto now = steady_clock::now();
  const auto request = parse_rerank_request(
      R"({"query": "q", "documents": ["a", {"text": "b"}], "top_n": 1, "return_documents": true})",
      now
  );
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->documents, (std::vector<std::string>{"a", "b"}));
  for (const char* bad :
       {R"({"documents": ["a"]})", R"({"query": "q"})", R"({"query": "q", "documents": []})",
        R"({"query": "q", "documents": [1]})", R"({"query": "q", "documents": ["a"], "top_n": 0})"})
    EXPECT_FALSE(parse_rerank_request(bad, now)) << bad;
}

TEST(V2BodyTest, NestedAndFlatDataAreTheSame) {
  for (const char* data : {R"(["a", "b"])", R"([["a"], ["b"]])"}) {
    const auto body = parse_v2_body(
        R"({"id": "7", "inputs": [{"name": "text", "shape": [2, 1], "datatype": "BYTES", "data": )" +
            std::string(data) + "}]}",
        nullptr
    );
    ASSERT_TRUE(body) << body.error().message();
    EXPECT_EQ(body->request.id, "7");
    EXPECT_EQ(body->request.inputs[0].texts, (std::vector<std::string>{"a", "b"}));
  }
}

std::string input_of(std::string_view type, std::string_view data, std::string_view shape = "[1]") {
  return R"({"inputs": [{"name": "x", "datatype": ")" + std::string(type) + R"(", "shape": )" +
         std::string(shape) + R"(, "data": )" + std::string(data) + "}]}";
}

TEST(V2BodyTest, EveryTypeHasItsRange) {
  struct Case {
    const char* type;
    const char* good;
    const char* bad;
  };
  for (const Case& c : {
           Case{"BOOL", "[true]", "[1]"},
           Case{"UINT8", "[255]", "[256]"},
           Case{"UINT16", "[65535]", "[65536]"},
           Case{"UINT32", "[4294967295]", "[4294967296]"},
           Case{"UINT64", "[9223372036854775807]", "[-1]"},
           Case{"INT8", "[-128]", "[128]"},
           Case{"INT16", "[-32768]", "[32768]"},
           Case{"INT32", "[-2147483648]", "[2147483648]"},
           Case{"INT64", "[-9223372036854775808]", "[1.5]"},
           Case{"FP32", "[1.5]", "[\"a\"]"},
           Case{"FP64", "[2]", "[null]"},
           Case{"BYTES", "[\"a\"]", "[1]"},
       }) {
    EXPECT_TRUE(parse_v2_body(input_of(c.type, c.good), nullptr)) << c.type;
    EXPECT_FALSE(parse_v2_body(input_of(c.type, c.bad), nullptr)) << c.type;
  }
  EXPECT_FALSE(parse_v2_body(input_of("FP16", "[1]"), nullptr));
  EXPECT_FALSE(parse_v2_body(input_of("BF16", "[1]"), nullptr));
}

TEST(V2BodyTest, ShapeAndDataAgree) {
  EXPECT_FALSE(parse_v2_body(input_of("BYTES", R"(["a"])", "[2]"), nullptr));
  EXPECT_FALSE(parse_v2_body(input_of("BYTES", R"(["a"])", "[-1]"), nullptr));
  EXPECT_FALSE(parse_v2_body(input_of("BYTES", R"(["a"])", "[1.5]"), nullptr));
  EXPECT_FALSE(parse_v2_body(input_of("BYTES", R"(["a"])", "[4294967296, 4294967296]"), nullptr));
}

TEST(V2BodyTest, BinaryTensorsFollowTheJson) {
  const std::string json = R"({"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES",)"
                           R"("parameters": {"binary_data_size": 7}}]})";
  const std::string binary("\x03\0\0\0abc", 7);
  const std::string size = std::to_string(json.size());
  const auto body = parse_v2_body(json + binary, &size);
  ASSERT_TRUE(body) << body.error().message();
  EXPECT_EQ(body->request.inputs[0].texts[0], "abc");
  EXPECT_FALSE(parse_v2_body(json + binary + "x", &size));
  EXPECT_FALSE(parse_v2_body(json + binary.substr(1), &size));
  for (const std::string bad : {"-1", "x", "", "1e3", "99999", "18446744073709551616", " 5"})
    EXPECT_FALSE(parse_v2_body(json + binary, &bad)) << bad;
  const std::string zero = "0";
  const auto raw = parse_v2_body("a whole text", &zero);
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->request.inputs[0].texts[0], "a whole text");
  EXPECT_TRUE(raw->binary_outputs);
}

}  // namespace
}  // namespace martlet
