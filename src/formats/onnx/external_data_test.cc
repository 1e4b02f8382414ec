// The path escape suite: external data that is not a plain file in the model's own folder is
// refused before a byte of it is read.
#include "formats/onnx/external_data.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "formats/test_files.h"

namespace martlet::onnx {
namespace {

namespace fs = std::filesystem;

class ExternalDataTest : public DirectoryTest {
 protected:
  ExternalDataTest() {
    write("outside/canary", std::string(64, 'c'));
    write("model/w.bin", std::string(64, 'w'));
    write("model/deeper/w.bin", std::string(64, 'w'));
  }
  /// Opening a model in model/ whose only tensor is at `location`.
  [[nodiscard]] Result<std::vector<ExternalFile>> open(
      const std::string& location, std::uint64_t offset = 0,
      std::optional<std::uint64_t> length = 16
  ) const {
    Model model;
    model.graph.initializers = {
        {.name = "w", .dims = {4}, .external = ExternalData{location, offset, length}}
    };
    return open_external_files(model, path("model") / "m.onnx");
  }
  void expect_refused(const std::string& location) const {
    const auto files = open(location);
    ASSERT_FALSE(files) << location;
    EXPECT_EQ(files.error().code(), StatusCode::kInvalidModel) << files.error().message();
    EXPECT_EQ(files.error().message().find('\n'), std::string::npos);
  }
};

TEST_F(ExternalDataTest, FilesInTheFolderAreRead) {
  const auto file = open("w.bin");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->front().file.bytes().size(), 64U);
  EXPECT_TRUE(open("deeper/w.bin"));
  EXPECT_TRUE(open("./deeper/../w.bin"));
  EXPECT_TRUE(open("w.bin", 48, std::nullopt));
}

TEST_F(ExternalDataTest, PathsThatLeadOutAreRefused) {
  expect_refused("../outside/canary");
  expect_refused("deeper/../../outside/canary");
  expect_refused("../model/w.bin");
  expect_refused((path("outside") / "canary").string());
  expect_refused((path("model") / "w.bin").string());  // absolute, even where it would be right
  expect_refused("");
  expect_refused(std::string("w.bin\0/../../x", 14));
}

TEST_F(ExternalDataTest, LinksAreRefused) {
  fs::create_symlink(path("outside") / "canary", path("model") / "link");
  fs::create_symlink("w.bin", path("model") / "inner_link");
  fs::create_directory_symlink(path("outside"), path("model") / "folder");
  fs::create_hard_link(path("outside") / "canary", path("model") / "hard");
  expect_refused("link");
  expect_refused("inner_link");
  expect_refused("folder/canary");
  expect_refused("hard");
}

TEST_F(ExternalDataTest, OnlyRegularFilesAreRead) {
  ASSERT_EQ(::mkfifo((path("model") / "fifo").c_str(), 0600), 0);
  expect_refused("fifo");  // without waiting for a writer
  expect_refused("deeper");
  EXPECT_EQ(open("none").error().code(), StatusCode::kNotFound);
}

TEST_F(ExternalDataTest, TensorsStayInsideTheirFile) {
  EXPECT_FALSE(open("w.bin", 49, 16));
  EXPECT_FALSE(open("w.bin", 65, 0));
  EXPECT_FALSE(open("w.bin", ~std::uint64_t{0}, 16));
  EXPECT_FALSE(open("w.bin", 16, ~std::uint64_t{0}));
  EXPECT_TRUE(open("w.bin", 48, 16));
}

TEST_F(ExternalDataTest, AFileThatIsSwappedIsNeverFollowed) {
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    const fs::path link = path("model") / "swap_link";
    const fs::path plain = path("model") / "swap_plain";
    while (!stop) {
      std::error_code ignored;
      fs::create_symlink(path("outside") / "canary", link, ignored);
      fs::rename(link, path("model") / "swap", ignored);
      fs::copy_file(path("model") / "w.bin", plain, ignored);
      fs::rename(plain, path("model") / "swap", ignored);
    }
  });
  for (int i = 0; i < 10000; ++i) {
    const auto files = open("swap");
    if (files) ASSERT_EQ(files->front().file.text().front(), 'w');
  }
  stop = true;
  swapper.join();
}

}  // namespace
}  // namespace martlet::onnx
