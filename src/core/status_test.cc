#include "martlet/status.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace martlet {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0)
    return error(StatusCode::kInvalidArgument, "half", "got {}, expected an even number", value);
  return value / 2;
}

TEST(Status, DefaultIsOk) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(to_string(Status().code()), "ok");
}

TEST(Status, ErrorNamesThePlaceAndTheValues) {
  const Result<int> result = half(3);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(result.status().message(), "[half] got 3, expected an even number");
}

TEST(Status, ResultCarriesTheValue) {
  const Result<int> result = half(8);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 4);
  EXPECT_TRUE(result.status().ok());
}

}  // namespace
}  // namespace martlet
