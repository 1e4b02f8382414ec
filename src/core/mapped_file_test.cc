#include "core/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace martlet {
namespace {

class MappedFileTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const char* name) const {
    return std::filesystem::path(::testing::TempDir()) / (std::string("mapped_file_") + name);
  }
};

TEST_F(MappedFileTest, GivesTheBytes) {
  std::ofstream(path("bytes")) << "martlet";
  auto file = MappedFile::open(path("bytes"));
  ASSERT_TRUE(file) << file.status().message();
  EXPECT_EQ(file->text(), "martlet");
}

TEST_F(MappedFileTest, EmptyFileIsAnEmptySpan) {
  std::ofstream(path("empty")).flush();
  auto file = MappedFile::open(path("empty"));
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->bytes().empty());
}

TEST_F(MappedFileTest, MissingFileIsNotFound) {
  EXPECT_EQ(MappedFile::open(path("missing")).status().code(), StatusCode::kNotFound);
}

TEST_F(MappedFileTest, DirectoryAndFifoAreRefused) {
  EXPECT_EQ(MappedFile::open(::testing::TempDir()).status().code(), StatusCode::kInvalidInput);
  const auto fifo = path("fifo");
  std::filesystem::remove(fifo);
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::open(fifo).status().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace martlet
