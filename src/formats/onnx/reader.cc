#include "formats/onnx/reader.h"

#include <charconv>
#include <optional>
#include <utility>

#include "core/error.h"
#include "formats/json.h"
#include "formats/onnx/fields.h"
#include "formats/onnx/wire.h"

namespace martlet::onnx {
namespace {

/// Graphs within nodes of graphs.
constexpr int kDeepestGraph = 16;
/// Of everything that a file can have many of, in all: nodes, names, dimensions, attributes. An
/// object in memory is up to a hundred times its shortest form in the file.
constexpr std::size_t kMostParts = std::size_t{1} << 20;
/// Of the typed data of one tensor that is kept: enough for shapes and axes.
constexpr std::size_t kMostNumbers = std::size_t{1} << 16;

/// Parses messages into the structs of model.h. The first failure is kept and stops everything.
class Parser {
 public:
  explicit Parser(std::string_view where) : where_(where) {}

  void parse(std::string_view message, Model& out);
  [[nodiscard]] const Status& status() const noexcept { return status_; }

 private:
  /// Calls `take(field)` for every field.
  template <class Take>
  void each(std::string_view message, const Take& take) {
    WireReader reader(message);
    while (status_.ok()) {
      const auto field = reader.next();
      if (!field) break;
      take(*field);
    }
    if (reader.failed()) fail("got a malformed message, expected Protocol Buffers");
  }
  template <class... Args>
  void fail(fmt::format_string<Args...> format, Args&&... args) {
    if (!status_.ok()) return;
    status_ = error(StatusCode::kInvalidModel, where_, format, std::forward<Args>(args)...);
  }
  /// Counts a part; a new element of `list`.
  template <class T>
  T& add(std::vector<T>& list) {
    count();
    return list.emplace_back();
  }
  void count() {
    if (++parts_ <= kMostParts || !status_.ok()) return;
    status_ = error(
        StatusCode::kUnsupported, where_, "got more than {} parts, expected a smaller graph",
        kMostParts
    );
  }
  std::string text(const WireField& field);
  std::string_view message(const WireField& field);
  void check(bool good, std::string_view what) {
    if (!good) fail("{}: got malformed numbers, expected an ONNX model", what);
  }

  std::pair<std::string, std::string> entry(std::string_view message);
  void parse(std::string_view message, OpsetImport& out);
  void parse(std::string_view message, Graph& out);
  void parse(std::string_view message, Node& out);
  void parse(std::string_view message, Attribute& out);
  void parse(std::string_view message, Tensor& out);
  void parse_sparse(std::string_view message, std::vector<Tensor>& out);
  void parse(std::string_view message, Value& out);
  void parse_tensor_type(std::string_view message, Value& out);
  void parse(std::string_view message, Dimension& out);
  void parse_function(std::string_view message, Graph& out);
  void parse_training(std::string_view message, std::vector<Graph>& out);
  void add_external(const std::pair<std::string, std::string>& entry, Tensor& out);

  std::string_view where_;
  Status status_;
  std::size_t parts_ = 0;
  int depth_ = 0;
};

std::string Parser::text(const WireField& field) {
  count();
  return std::string(message(field));
}

std::string_view Parser::message(const WireField& field) {
  constexpr std::uint32_t kBytes = 2;
  if (field.type != kBytes) fail("field {}: got a number, expected bytes", field.number);
  return field.bytes;
}

std::pair<std::string, std::string> Parser::entry(std::string_view bytes) {
  std::pair<std::string, std::string> out;
  each(bytes, [&](const WireField& field) {
    if (field.number == fields::entry::kKey) out.first = text(field);
    if (field.number == fields::entry::kValue) out.second = text(field);
  });
  return out;
}

void Parser::parse(std::string_view bytes, OpsetImport& out) {
  each(bytes, [&](const WireField& field) {
    if (field.number == fields::opset::kDomain) out.domain = text(field);
    if (field.number == fields::opset::kVersion) out.version = field.integer();
  });
}

void Parser::parse(std::string_view bytes, Model& out) {
  each(bytes, [&](const WireField& field) {
    switch (field.number) {
      case fields::model::kIrVersion:
        out.ir_version = field.integer();
        break;
      case fields::model::kProducer:
        out.producer = text(field);
        break;
      case fields::model::kProducerVersion:
        out.producer_version = text(field);
        break;
      case fields::model::kGraph:
        parse(message(field), out.graph);
        break;
      case fields::model::kOpset:
        parse(message(field), add(out.opsets));
        break;
      case fields::model::kMetadata:
        out.metadata.push_back(entry(message(field)));
        break;
      case fields::model::kFunction:
        parse_function(message(field), add(out.functions));
        break;
      case fields::model::kTraining:
        parse_training(message(field), out.functions);
        break;
      default:
        break;
    }
  });
}

void Parser::parse(std::string_view bytes, Graph& out) {
  if (++depth_ > kDeepestGraph) {
    fail("got graphs nested more than {} deep, expected fewer", kDeepestGraph);
    return;
  }
  each(bytes, [&](const WireField& field) {
    switch (field.number) {
      case fields::graph::kName:
        out.name = text(field);
        break;
      case fields::graph::kNode:
        parse(message(field), add(out.nodes));
        break;
      case fields::graph::kInitializer:
        parse(message(field), add(out.initializers));
        break;
      case fields::graph::kSparseInitializer:
        parse_sparse(message(field), out.initializers);
        break;
      case fields::graph::kInput:
        parse(message(field), add(out.inputs));
        break;
      case fields::graph::kOutput:
        parse(message(field), add(out.outputs));
        break;
      default:
        break;
    }
  });
  --depth_;
}

void Parser::parse(std::string_view bytes, Node& out) {
  each(bytes, [&](const WireField& field) {
    switch (field.number) {
      case fields::node::kInput:
        out.inputs.push_back(text(field));
        break;
      case fields::node::kOutput:
        out.outputs.push_back(text(field));
        break;
      case fields::node::kName:
        out.name = text(field);
        break;
      case fields::node::kOp:
        out.op = text(field);
        break;
      case fields::node::kDomain:
        out.domain = text(field);
        break;
      case fields::node::kAttribute:
        parse(message(field), add(out.attributes));
        break;
      default:
        break;
    }
  });
}

void Parser::parse(std::string_view bytes, Attribute& out) {
  each(bytes, [&](const WireField& field) {
    switch (field.number) {
      case fields::attribute::kName:
        out.name = text(field);
        break;
      case fields::attribute::kFloat:
        out.f = field.real();
        break;
      case fields::attribute::kInt:
        out.i = field.integer();
        break;
      case fields::attribute::kString:
        out.s = text(field);
        break;
      case fields::attribute::kTensor:
      case fields::attribute::kTensors:
        parse(message(field), add(out.tensors));
        break;
      case fields::attribute::kGraph:
      case fields::attribute::kGraphs:
        parse(message(field), add(out.graphs));
        break;
      case fields::attribute::kSparseTensor:
      case fields::attribute::kSparseTensors:
        parse_sparse(message(field), out.tensors);
        break;
      case fields::attribute::kFloats:
        check(read_reals(field, kMostNumbers, out.floats), "attribute");
        break;
      case fields::attribute::kInts:
        check(read_integers(field, kMostNumbers, out.ints), "attribute");
        break;
      case fields::attribute::kStrings:
        out.strings.push_back(text(field));
        break;
      case fields::attribute::kType:
        out.type = static_cast<Attribute::Type>(field.integer());
        break;
      default:
        break;
    }
  });
}

void Parser::add_external(const std::pair<std::string, std::string>& entry, Tensor& out) {
  ExternalData& external = out.external ? *out.external : out.external.emplace();
  const auto number = [&](std::uint64_t& value) {
    const char* end = entry.second.data() + entry.second.size();
    const auto [stop, failure] = std::from_chars(entry.second.data(), end, value);
    if (failure == std::errc() && stop == end) return;
    fail(
        "tensor {}: {} of external data, got {}, expected a number of bytes", in_quotes(out.name),
        entry.first, in_quotes(entry.second)
    );
  };
  if (entry.first == "location") external.location = entry.second;
  if (entry.first == "offset") number(external.offset);
  if (entry.first == "length") number(external.length.emplace());
}

void Parser::parse(std::string_view bytes, Tensor& out) {
  bool is_external = false;
  each(bytes, [&](const WireField& field) {
    switch (field.number) {
      case fields::tensor::kName:
        out.name = text(field);
        break;
      case fields::tensor::kType:
        out.type = static_cast<DataType>(field.integer());
        break;
      case fields::tensor::kDims:
        check(read_integers(field, kMostNumbers, out.dims), "dims");
        break;
      case fields::tensor::kRaw:
        out.data = std::as_bytes(std::span(message(field)));
        break;
      case fields::tensor::kFloats:
        read_reals(field, kMostNumbers, out.float_data);  // of more, a part is as good
        break;
      case fields::tensor::kInt64s:
        read_integers(field, kMostNumbers, out.int64_data);
        break;
      case fields::tensor::kExternal:
        add_external(entry(message(field)), out);
        break;
      case fields::tensor::kLocation:
        is_external = field.integer() == 1;
        break;
      default:
        break;
    }
  });
  if (!is_external) {
    out.external.reset();
  } else if (!out.external) {
    out.external.emplace();  // without a location, which whoever needs the data will refuse
  }
}

void Parser::parse_sparse(std::string_view bytes, std::vector<Tensor>& out) {
  each(bytes, [&](const WireField& field) {
    if (field.number == fields::sparse_tensor::kValues ||
        field.number == fields::sparse_tensor::kIndices) {
      parse(message(field), add(out));
    }
  });
}

void Parser::parse(std::string_view bytes, Value& out) {
  out.type = DataType::kUndefined;  // a sequence or a map, unless it turns out to be a tensor
  each(bytes, [&](const WireField& field) {
    if (field.number == fields::value::kName) out.name = text(field);
    if (field.number != fields::value::kType) return;
    each(message(field), [&](const WireField& type) {
      if (type.number == fields::type::kTensor) parse_tensor_type(message(type), out);
    });
  });
}

void Parser::parse_tensor_type(std::string_view bytes, Value& out) {
  each(bytes, [&](const WireField& field) {
    if (field.number == fields::tensor_type::kElement)
      out.type = static_cast<DataType>(field.integer());
    if (field.number != fields::tensor_type::kShape) return;
    each(message(field), [&](const WireField& dimension) {
      if (dimension.number == fields::shape::kDimension) parse(message(dimension), add(out.shape));
    });
  });
}

void Parser::parse(std::string_view bytes, Dimension& out) {
  each(bytes, [&](const WireField& field) {
    if (field.number == fields::dimension::kValue) out.value = field.integer();
    if (field.number == fields::dimension::kName) out.name = text(field);
  });
}

void Parser::parse_function(std::string_view bytes, Graph& out) {
  each(bytes, [&](const WireField& field) {
    if (field.number == fields::function::kName) out.name = text(field);
    if (field.number == fields::function::kNode) parse(message(field), add(out.nodes));
  });
}

/// Kept beside the functions: nobody runs it here, but its tensors may be external, too.
void Parser::parse_training(std::string_view bytes, std::vector<Graph>& out) {
  each(bytes, [&](const WireField& field) {
    if (field.number == fields::training::kInitialization ||
        field.number == fields::training::kAlgorithm) {
      parse(message(field), add(out));
    }
  });
}

}  // namespace

Result<Model> parse_model(std::span<const std::byte> bytes, std::string_view where) {
  Model model{.ir_version = 0};
  Parser parser(where);
  parser.parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, model);
  MARTLET_RETURN_IF_ERROR(parser.status());
  if (model.ir_version < 1 || model.opsets.empty() || model.graph.outputs.empty()) {
    return error(
        StatusCode::kInvalidModel, where, "got no version, opset or outputs, expected an ONNX model"
    );
  }
  return model;
}

Result<ModelFile> open_model(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file) return file.error();
  auto model = parse_model(file->bytes(), path.string());
  if (!model) return model.error();
  return ModelFile{*std::move(file), *std::move(model)};
}

}  // namespace martlet::onnx
