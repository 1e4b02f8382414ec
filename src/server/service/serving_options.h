// How models are served: limits, batches, threads.
#pragma once

#include <chrono>
#include <cstdint>

#include "martlet/encoder.h"

namespace martlet {

struct ServingOptions {
  EncoderOptions encoder;
  /// Tokens per text at most; 0: what the model directory says.
  int32_t max_length = 0;

  /// Texts of one request at most. More is kInvalidInput.
  int32_t max_inputs = 2048;
  /// Tokens of one request at most, after truncation. More is kInvalidInput.
  int64_t max_request_tokens = 262'144;

  /// A batch has at most this many tokens and texts; a longer text is a batch of its own.
  int32_t batch_tokens = 4096;
  int32_t batch_texts = 256;
  /// Images of a batch at most.
  int32_t batch_images = 8;
  /// Waiting at most; beyond it requests are refused.
  int64_t queue_tokens = 1'048'576;
  int32_t queue_texts = 16'384;
  /// How long a batch may wait for more requests while the model is busy with others.
  std::chrono::microseconds max_wait{1000};
  /// A request that would wait longer than this is refused; 0: only the limits above refuse.
  std::chrono::milliseconds max_queue_time{1500};
  /// Batches that run at once; 0: one for each thread of the native engine where these are 4 or
  /// fewer, else 1.
  int32_t workers = 0;
  /// Threads that tokenize; 0: half of what this process may use, at least one.
  int32_t tokenize_threads = 0;
  /// Texts that are identical and in flight are computed once.
  bool coalesce = false;

  /// Compare the model with reference vectors when it is loaded.
  bool self_check = true;
  /// So many texts in a row that fail alone make a model unhealthy.
  int32_t failures_until_sick = 3;
};

}  // namespace martlet
