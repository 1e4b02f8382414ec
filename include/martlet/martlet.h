// All of martlet's public C++ API.
#pragma once

#include "martlet/batch_plan.h"
#include "martlet/batch_scheduler.h"
#include "martlet/embedding.h"
#include "martlet/encoder.h"
#include "martlet/executor.h"
#include "martlet/executor_pool.h"
#include "martlet/image_classification.h"
#include "martlet/onnx_export.h"
#include "martlet/rerank.h"
#include "martlet/status.h"
#include "martlet/text_classification.h"
#include "martlet/text_stream.h"
#include "martlet/token_classification.h"
#include "martlet/tokenizer.h"
#include "martlet/zero_shot_classification.h"
