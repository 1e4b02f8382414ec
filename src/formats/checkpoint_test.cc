#include "formats/checkpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "formats/test_files.h"

namespace martlet {
namespace {

using Shape = std::vector<std::int64_t>;

std::string one_tensor(std::string_view name, std::string_view padding = "") {
  return safetensors_bytes(
      fmt::format(
          R"({{"{}":{{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}}}{})", name, padding
      ),
      float_bytes({1.5F, -2})
  );
}

class CheckpointTest : public DirectoryTest {
 protected:
  Status open_status() const { return Checkpoint::open(path("")).status(); }
  void write_index(std::string_view weight_map) const {
    write(
        "model.safetensors.index.json",
        fmt::format(R"({{"metadata":{{"total_size":16}},"weight_map":{}}})", weight_map)
    );
  }
};

TEST_F(CheckpointTest, OneFile) {
  write("model.safetensors", one_tensor("a"));
  const auto checkpoint = Checkpoint::open(path(""));
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  EXPECT_TRUE(checkpoint->has("a"));
  EXPECT_FALSE(checkpoint->has("b"));
  EXPECT_EQ(checkpoint->tensors().size(), 1U);
  const auto values = checkpoint->read("a", Shape{2});
  ASSERT_TRUE(values) << values.status().message();
  EXPECT_EQ(values->values()[0], 1.5F);
  EXPECT_EQ(values->values()[1], -2.0F);
}

TEST_F(CheckpointTest, AlignedFloatsAreNotCopied) {
  for (const int pad : {0, 1, 2, 3}) {
    write("model.safetensors", one_tensor("a", std::string(static_cast<std::size_t>(pad), ' ')));
    const auto checkpoint = Checkpoint::open(path(""));
    ASSERT_TRUE(checkpoint);
    const auto* mapped = checkpoint->tensors()[0]->data.data();
    const auto values = checkpoint->read("a", Shape{2});
    ASSERT_TRUE(values);
    EXPECT_EQ(values->values()[0], 1.5F);
    const bool aligned = reinterpret_cast<std::uintptr_t>(mapped) % alignof(float) == 0;
    EXPECT_EQ(static_cast<const void*>(values->values().data()) == mapped, aligned) << pad;
  }
}

TEST_F(CheckpointTest, MissingTensorOrWrongShapeOrType) {
  write("model.safetensors", one_tensor("a"));
  const auto checkpoint = Checkpoint::open(path(""));
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->read("b", Shape{2}).status().code(), StatusCode::kInvalidModel);
  EXPECT_EQ(checkpoint->read("a", Shape{1, 2}).status().code(), StatusCode::kInvalidModel);
  const Status status = checkpoint->read("a", Shape{3}).status();
  EXPECT_NE(status.message().find("tensor \"a\": got shape [2], expected [3]"), std::string::npos)
      << status.message();
}

TEST_F(CheckpointTest, OldLayerNormNamesAreTheNewOnes) {
  write("model.safetensors", one_tensor("e.LayerNorm.gamma"));
  const auto checkpoint = Checkpoint::open(path(""));
  ASSERT_TRUE(checkpoint);
  EXPECT_TRUE(checkpoint->has("e.LayerNorm.weight"));
  EXPECT_FALSE(checkpoint->has("e.LayerNorm.gamma"));
  EXPECT_EQ(checkpoint->tensors()[0]->name, "e.LayerNorm.gamma");
}

TEST_F(CheckpointTest, NoWeightsIsNotFound) {
  EXPECT_EQ(open_status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Checkpoint::open(path("nowhere")).status().code(), StatusCode::kNotFound);
}

TEST_F(CheckpointTest, Shards) {
  write("s1.safetensors", one_tensor("a"));
  write("s2.safetensors", one_tensor("b"));
  write_index(R"({"a": "s1.safetensors", "b": "s2.safetensors"})");
  const auto checkpoint = Checkpoint::open(path(""));
  ASSERT_TRUE(checkpoint) << checkpoint.status().message();
  EXPECT_TRUE(checkpoint->has("a"));
  EXPECT_TRUE(checkpoint->read("b", Shape{2}));
  EXPECT_EQ(checkpoint->tensors().size(), 2U);
}

TEST_F(CheckpointTest, AFileMayBeALinkAsInTheHubCache) {
  write("blobs/1234", one_tensor("a"));
  write_index(R"({"a": "s1.safetensors"})");
  std::filesystem::create_symlink("blobs/1234", path("s1.safetensors"));
  EXPECT_TRUE(open_status().ok());
}

TEST_F(CheckpointTest, AShardNameCannotLeaveTheDirectory) {
  write("model/s.safetensors", one_tensor("a"));
  for (const std::string_view name :
       {"../s.safetensors", "/etc/passwd", "sub/s.safetensors", "..", ".", "", "a\\\\b",
        "s.safetensors\\u0000"}) {
    write_index(fmt::format(R"({{"a": "{}"}})", name));
    EXPECT_EQ(open_status().code(), StatusCode::kInvalidModel) << name;
  }
}

TEST_F(CheckpointTest, AnIndexThatDoesNotFitItsShards) {
  write("s1.safetensors", one_tensor("a"));
  write("s2.safetensors", one_tensor("a"));
  write("s3.safetensors", one_tensor("c"));
  const auto refused = [&](std::string_view weight_map) {
    write_index(weight_map);
    return open_status().code();
  };
  EXPECT_EQ(refused(R"({"a": "missing.safetensors"})"), StatusCode::kNotFound);
  EXPECT_EQ(refused(R"({"a": "s3.safetensors"})"), StatusCode::kInvalidModel);
  EXPECT_EQ(
      refused(R"({"a": "s1.safetensors", "b": "s1.safetensors"})"), StatusCode::kInvalidModel
  );
  EXPECT_EQ(
      refused(R"({"a": "s1.safetensors", "b": "s2.safetensors"})"), StatusCode::kInvalidModel
  );
  EXPECT_EQ(
      refused(R"({"a": "s1.safetensors", "a": "s2.safetensors"})"), StatusCode::kInvalidModel
  );
  EXPECT_EQ(
      refused(R"({"a": "s1.safetensors", "c": "s1.safetensors"})"), StatusCode::kInvalidModel
  );
  EXPECT_EQ(refused(R"({"a": 1})"), StatusCode::kInvalidModel);
  EXPECT_EQ(refused("[]"), StatusCode::kInvalidModel);
  EXPECT_EQ(refused("null"), StatusCode::kInvalidModel);
}

}  // namespace
}  // namespace martlet
