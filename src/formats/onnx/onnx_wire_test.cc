#include "formats/onnx/wire.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace martlet::onnx {
namespace {

using namespace std::string_view_literals;

TEST(WireTest, FieldsAreThoseOfTheSpecification) {
  WireWriter writer;
  writer.integer(1, 150);
  writer.text(2, "testing");
  writer.real(3, 1.0F);
  EXPECT_EQ(writer.to_string(), "\x08\x96\x01\x12\x07testing\x1d\x00\x00\x80\x3f"sv);
}

TEST(WireTest, WhatIsWrittenComesBack) {
  const std::string large(5000, 'x');
  WireWriter nested;
  nested.bytes(5, std::as_bytes(std::span(large)));
  nested.integer(6, -1);
  WireWriter writer;
  writer.message(1, nested);
  writer.integers(2, std::vector<std::int64_t>{0, -7, std::numeric_limits<std::int64_t>::max()});
  writer.reals(3, std::vector{0.5F, -2.0F});
  const std::string bytes = writer.to_string();
  EXPECT_EQ(bytes.size(), writer.size());

  WireReader reader(bytes);
  const auto message = reader.next();
  ASSERT_TRUE(message && message->number == 1);
  WireReader inner(message->bytes);
  EXPECT_EQ(inner.next()->bytes, large);
  EXPECT_EQ(inner.next()->integer(), -1);
  EXPECT_FALSE(inner.next());
  std::vector<std::int64_t> integers;
  EXPECT_TRUE(read_integers(*reader.next(), 3, integers));
  EXPECT_EQ(integers[1], -7);
  EXPECT_EQ(integers[2], std::numeric_limits<std::int64_t>::max());
  std::vector<float> reals;
  EXPECT_TRUE(read_reals(*reader.next(), 2, reals));
  EXPECT_EQ(reals, (std::vector{0.5F, -2.0F}));
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.failed());
}

TEST(WireTest, TruncatedAndMalformedMessagesFail) {
  const std::string_view bad[] = {
      "\x08"sv,                                              // no value
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,  // a varint of 11 bytes
      "\x12\x05xy"sv,                                        // bytes beyond the end
      "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,      // a length that overflows
      "\x0d\x00"sv,                                          // half of a float
      "\x0b"sv,                                              // a group, which ONNX has not
      "\x00\x01"sv,                                          // field 0
  };
  for (const std::string_view message : bad) {
    WireReader reader(message);
    while (reader.next()) {
    }
    EXPECT_TRUE(reader.failed()) << testing::PrintToString(message);
    EXPECT_FALSE(reader.next());
  }
}

TEST(WireTest, RepeatedNumbersStayWithinTheirLimit) {
  std::vector<std::int64_t> integers;
  EXPECT_FALSE(read_integers({.number = 1, .type = 2, .bytes = "\x01\x02\x03"}, 2, integers));
  integers.clear();
  EXPECT_FALSE(read_integers({.number = 1, .type = 2, .bytes = "\x81"}, 9, integers));
  std::vector<float> reals;
  EXPECT_TRUE(read_reals({.number = 1, .type = 2}, 9, reals));  // none
  EXPECT_FALSE(read_reals({.number = 1, .type = 2, .bytes = "\0\0\0\0\0"sv}, 9, reals));
  EXPECT_FALSE(read_reals({.number = 1, .type = 2, .bytes = "\0\0\0\0\0\0\0\0"sv}, 1, reals));
}

}  // namespace
}  // namespace martlet::onnx
