// The way of every request for texts: from a read body, through a model, to an answer in the
// dialect's shape.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "martlet/status.h"
#include "server/http/message.h"
#include "server/http/router.h"
#include "server/routes/failure.h"
#include "server/service/model_registry.h"

namespace martlet {

/// How a dialect words what goes wrong.
struct Dialect {
  ErrorShape error_shape;
  int (*status_of)(StatusCode) noexcept = &http_status;
};

/// What a body asks for.
struct TextRequest {
  std::shared_ptr<ServedModel> model;
  std::vector<TextInput> inputs;
  RequestOptions options;
};

/// The answer's body and its dialect's own headers. Runs on a thread of the model; `info` is the
/// model's.
using AnswerWriter = std::function<HttpResponse(
    const ModelInfo& info, std::vector<TextAnswer>&& answers, const RequestFacts& facts
)>;

/// Fills the options that any request may set in headers: X-Priority (interactive, normal, bulk)
/// and X-Timeout-Ms. kInvalidInput for other values.
Status read_option_headers(const HttpRequest& request, RequestOptions& options);

/// Submits, and answers when the model has; a client that leaves cancels. Every answer says in
/// X-Truncated-Texts how many texts were cut; a request with X-Server-Timing gets Server-Timing.
void answer_texts(
    const HttpRequest& request, Responder responder, TextRequest&& texts, const Dialect& dialect,
    AnswerWriter write
);

/// The same for a model that takes tensors.
struct TensorAsk {
  std::shared_ptr<ServedModel> model;
  TensorRequest tensors;
  RequestOptions options;
};

using TensorWriter = std::function<HttpResponse(
    const ModelInfo& info, std::vector<NamedTensor>&& outputs, const RequestFacts& facts
)>;

void answer_tensors(
    const HttpRequest& request, Responder responder, TensorAsk&& ask, const Dialect& dialect,
    TensorWriter write
);

/// Answers with a failure.
void answer_failure(Responder responder, const Status& status, const Dialect& dialect);

/// Server-Timing's value: tokenize, queue and run in milliseconds, and the batch it ran in.
std::string server_timing(const RequestFacts& facts);

/// Whether an unknown name may stand for the only model that fits: clients of some dialects must
/// send a name, and send their old server's.
enum class NameRule { kStrict, kLenient };

/// The model of that name; of an empty name the only model that `fits`. kNotFound, kInvalidInput
/// where a name is needed, kUnavailable while it is loaded.
Result<std::shared_ptr<ServedModel>> find_model(
    const ModelRegistry& models, std::string_view name, ModelRegistry::Fits fits,
    NameRule rule = NameRule::kStrict
);

bool embeds(const ModelInfo& info);
/// Classifies texts, or finds entities in them.
bool predicts(const ModelInfo& info);
bool classifies(const ModelInfo& info);
bool sees_images(const ModelInfo& info);
/// One label, or two of which the second says yes.
bool reranks(const ModelInfo& info);

}  // namespace martlet
