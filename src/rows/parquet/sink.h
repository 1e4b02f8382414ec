// An OutputStream of martlet as one of Arrow.
#pragma once

#include <arrow/io/interfaces.h>

#include "martlet/status.h"
#include "rows/output_stream.h"

namespace martlet::parquet_plugin {

class Sink final : public arrow::io::OutputStream {
 public:
  explicit Sink(martlet::OutputStream& output) : output_(output) {}

  arrow::Status Write(const void* data, std::int64_t bytes) override {
    if (failure_.ok()) {
      failure_ = output_.write({static_cast<const char*>(data), static_cast<std::size_t>(bytes)});
    }
    if (!failure_.ok()) return arrow::Status::IOError(failure_.message());
    position_ += bytes;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

  /// Why writing failed, in martlet's own words; ok when it did not.
  [[nodiscard]] const martlet::Status& failure() const noexcept { return failure_; }

 private:
  martlet::OutputStream& output_;
  martlet::Status failure_;
  std::int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace martlet::parquet_plugin
