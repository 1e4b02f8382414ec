#include "formats/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <string>

#include "formats/test_files.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public DirectoryTest {};

TEST_F(AtomicFileTest, NothingUnderTheNameBeforeTheCommit) {
  auto file = AtomicFile::open(path("out"));
  ASSERT_TRUE(file) << file.status().message();
  ASSERT_TRUE(file->write("mart").ok());
  EXPECT_FALSE(fs::exists(path("out")));
  ASSERT_TRUE(file->write("let").ok());
  ASSERT_TRUE(file->commit().ok());
  EXPECT_EQ(content(path("out")), "martlet");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicFileTest, WithoutCommitTheOldContentStays) {
  std::ofstream(path("out")) << "old";
  {
    auto file = AtomicFile::open(path("out"));
    ASSERT_TRUE(file && file->write(std::string(200'000, 'x')).ok());
  }
  EXPECT_EQ(content(path("out")), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicFileTest, ManySizesArriveInOrder) {
  std::string expected;
  auto file = AtomicFile::open(path("out"));
  ASSERT_TRUE(file);
  for (const std::size_t size : {1U, 65'535U, 1U, 65'536U, 0U, 65'537U, 300'000U, 7U}) {
    const std::string part(size, static_cast<char>('a' + expected.size() % 26));
    expected += part;
    ASSERT_TRUE(file->write(std::as_bytes(std::span(part))).ok());
  }
  ASSERT_TRUE(file->commit().ok());
  EXPECT_EQ(content(path("out")), expected);
}

TEST_F(AtomicFileTest, KeepsTheModeAndFollowsTheLink) {
  std::ofstream(path("real")) << "old";
  ASSERT_EQ(::chmod(path("real").c_str(), 0640), 0);
  fs::create_symlink("real", path("link"));
  auto file = AtomicFile::open(path("link"));
  ASSERT_TRUE(file && file->write("new").ok() && file->commit().ok());
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(content(path("real")), "new");
  EXPECT_EQ(static_cast<unsigned>(fs::status(path("real")).permissions()), 0640U);
}

TEST_F(AtomicFileTest, TheLongestFileNameWorks) {
  const std::string name(255, 'n');
  auto file = AtomicFile::open(path(name));
  ASSERT_TRUE(file) << file.status().message();
  ASSERT_TRUE(file->commit().ok());
  EXPECT_TRUE(fs::exists(path(name)));
}

TEST_F(AtomicFileTest, RefusesADirectoryAndAMissingParent) {
  EXPECT_EQ(AtomicFile::open(path("")).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(AtomicFile::open(path("no/such/out")).status().code(), StatusCode::kIo);
}

TEST_F(AtomicFileTest, ADeviceIsWrittenInPlace) {
  auto null = AtomicFile::open("/dev/null");
  ASSERT_TRUE(null && null->write("gone").ok() && null->commit().ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(AtomicFileTest, AFullDiskIsIoAndStaysSo) {
  auto full = AtomicFile::open("/dev/full");
  ASSERT_TRUE(full);
  const Status status = full->write(std::string(100'000, 'x'));
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_EQ(full->commit().message(), status.message());
}

TEST_F(AtomicFileTest, AWriteThatFailsHalfwayLeavesTheOldFile) {
  std::ofstream(path("out")) << "old";
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = 100'000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto file = AtomicFile::open(path("out"));
  ASSERT_TRUE(file);
  const Status status = file->write(std::string(200'000, 'x'));  // a short write, then EFBIG
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(status.code(), StatusCode::kIo);
  EXPECT_EQ(file->commit().code(), StatusCode::kIo);
  EXPECT_EQ(content(path("out")), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicFileTest, WritingAfterTheCommitIsRefused) {
  auto file = AtomicFile::open(path("out"));
  ASSERT_TRUE(file && file->commit().ok());
  EXPECT_EQ(file->write("more").code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace martlet
