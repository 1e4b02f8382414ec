#include "bench/answer_reader.h"

#include <gtest/gtest.h>

namespace martlet {
namespace {

constexpr std::string_view kRefusal =
    "HTTP/1.1 429 Too Many Requests\r\nServer: any\r\nRetry-After: 3\r\nContent-Length: 5\r\n"
    "X-Other: 1\r\n\r\nsorry";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

/// Whether the answer was complete with the last of the pieces, and not before.
testing::AssertionResult completes(
    AnswerReader& reader, std::string_view bytes, std::size_t piece
) {
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto done = reader.read(bytes.substr(at, piece));
    if (!done) return testing::AssertionFailure() << done.error().message();
    if (*done != (at + piece >= bytes.size()))
      return testing::AssertionFailure() << "complete: " << *done << " at byte " << at;
  }
  return testing::AssertionSuccess();
}

TEST(AnswerReader, ReadsAnswersInPiecesOfAnySize) {
  AnswerReader reader;
  for (std::size_t piece = 1; piece <= kRefusal.size(); ++piece) {
    ASSERT_TRUE(completes(reader, kRefusal, piece)) << piece;
    EXPECT_EQ(reader.status(), 429);
    EXPECT_EQ(reader.retry_after(), 3);
    EXPECT_TRUE(reader.keep_alive());
    reader.reset();
    ASSERT_TRUE(completes(reader, kChunked, piece)) << piece;
    EXPECT_EQ(reader.status(), 200);
    EXPECT_EQ(reader.retry_after(), 0);
    reader.reset();
  }
}

TEST(AnswerReader, AnAnswerMayEndWithTheConnection) {
  AnswerReader reader;
  const auto done = reader.read("HTTP/1.0 200 OK\r\n\r\nall that there");
  ASSERT_TRUE(done);
  EXPECT_FALSE(*done);
  EXPECT_TRUE(reader.read_end());
  EXPECT_FALSE(reader.keep_alive());
}

TEST(AnswerReader, AConnectionMayEndTooEarly) {
  AnswerReader reader;
  EXPECT_FALSE(reader.read_end());
  ASSERT_TRUE(reader.read(kRefusal.substr(0, kRefusal.size() - 1)));
  EXPECT_FALSE(reader.read_end());
}

TEST(AnswerReader, RefusesWhatIsNoAnswer) {
  EXPECT_FALSE(AnswerReader().read("SSH-2.0-OpenSSH_9.2\r\n"));
  EXPECT_FALSE(AnswerReader().read(std::string(kRefusal) + "HTTP"));
}

}  // namespace
}  // namespace martlet
