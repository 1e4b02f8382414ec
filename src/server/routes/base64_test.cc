#include "server/routes/base64.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

namespace martlet {
namespace {

TEST(Base64Test, PadsTheEnd) {
  const auto encode = [](std::string_view text) {
    std::string out;
    append_base64(out, std::as_bytes(std::span(text)));
    return out;
  };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace martlet
