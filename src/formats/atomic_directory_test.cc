#include "formats/atomic_directory.h"

#include <gtest/gtest.h>

#include "formats/test_files.h"

namespace martlet {
namespace {

namespace fs = std::filesystem;

class AtomicDirectoryTest : public DirectoryTest {
 protected:
  /// Fills a directory with one file.
  static void put(const AtomicDirectory& directory, std::string_view text) {
    std::ofstream(directory.path() / "file") << text;
  }
};

TEST_F(AtomicDirectoryTest, AppearsWithTheCommit) {
  auto directory = AtomicDirectory::create(path("out"));
  ASSERT_TRUE(directory) << directory.status().message();
  put(*directory, "new");
  EXPECT_FALSE(fs::exists(path("out")));
  ASSERT_TRUE(directory->commit().ok());
  EXPECT_EQ(content(path("out/file")), "new");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicDirectoryTest, WithoutCommitNothingIsLeft) {
  write("out/file", "old");
  {
    auto directory = AtomicDirectory::create(path("out"));
    ASSERT_TRUE(directory);
    put(*directory, "new");
  }
  EXPECT_EQ(content(path("out/file")), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicDirectoryTest, ReplacesADirectoryAndWhatItHolds) {
  write("out/file", "old");
  write("out/more", "old");
  auto directory = AtomicDirectory::create(path("out/"));
  ASSERT_TRUE(directory);
  put(*directory, "new");
  ASSERT_TRUE(directory->commit().ok());
  EXPECT_EQ(content(path("out/file")), "new");
  EXPECT_FALSE(fs::exists(path("out/more")));
  EXPECT_EQ(entries(), 1U);
}

TEST_F(AtomicDirectoryTest, MessagesNameTheTarget) {
  const auto directory = AtomicDirectory::create(path("out"));
  ASSERT_TRUE(directory);
  const Status status(StatusCode::kIo, "[" + (directory->path() / "file").string() + "] full");
  EXPECT_EQ(directory->named(status).code(), StatusCode::kIo);
  EXPECT_TRUE(directory->named(status).message().ends_with("out/file] full"));
  EXPECT_TRUE(directory->named(Status()).ok());
}

TEST_F(AtomicDirectoryTest, MakesTheParents) {
  auto directory = AtomicDirectory::create(path("a/b/out"));
  ASSERT_TRUE(directory && directory->commit().ok());
  EXPECT_TRUE(fs::is_directory(path("a/b/out")));
}

TEST_F(AtomicDirectoryTest, AFileInTheWayIsKept) {
  write("file", "old");
  EXPECT_EQ(AtomicDirectory::create(path("file/out")).status().code(), StatusCode::kIo);
  auto directory = AtomicDirectory::create(path("file"));
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->commit().code(), StatusCode::kIo);
  EXPECT_EQ(content(path("file")), "old");
}

}  // namespace
}  // namespace martlet
