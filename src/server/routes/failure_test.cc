#include "server/routes/failure.h"

#include <gtest/gtest.h>

#include "server/routes/routes_testing.h"
#include "server/service/public_message.h"

namespace martlet {
namespace {

TEST(FailureTest, SaysWhenToTryAgain) {
  RequestFacts facts;
  facts.retry_after = std::chrono::milliseconds(1001);
  const Status busy(StatusCode::kResourceExhausted, "[request] too many requests wait");
  const HttpResponse response = failure_response(busy, facts, plain_error);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(header_of(response, "Retry-After"), "2");
  EXPECT_EQ(header_of(response, "Retry-After-Ms"), "1001");
  facts.retry_after = std::chrono::milliseconds(0);
  EXPECT_EQ(header_of(failure_response(busy, facts, plain_error), "Retry-After"), "1");
  EXPECT_EQ(header_of(failure_response(busy, {}, plain_error), "Retry-After"), "");
}

TEST(FailureTest, OnlyWhatIsOursIsHidden) {
  EXPECT_EQ(message_for_client({StatusCode::kInternal, "[/srv/model] broke"}), "[(path)] broke");
  EXPECT_EQ(
      message_for_client({StatusCode::kInvalidInput, "[body] got \"a/b\""}), "[body] got \"a/b\""
  );
}

TEST(FailureTest, EveryCodeHasItsStatus) {
  EXPECT_EQ(http_status(StatusCode::kInvalidInput), 400);
  EXPECT_EQ(http_status(StatusCode::kNotFound), 404);
  EXPECT_EQ(http_status(StatusCode::kCancelled), 499);
  EXPECT_EQ(http_status(StatusCode::kUnavailable), 503);
  EXPECT_EQ(http_status(StatusCode::kDeadlineExceeded), 504);
  EXPECT_EQ(http_status(StatusCode::kInternal), 500);
}

}  // namespace
}  // namespace martlet
