// martlet: encoder models on the command line. Each verb is a file beside this one.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "console.h"
#include "core/error.h"
#include "exit_codes.h"
#include "verbs.h"

namespace martlet::cli {
namespace {

struct Verb {
  std::string_view name;
  std::string_view summary;
  Status (*run)(Arguments);
};

constexpr std::array kVerbs{
    Verb{"run", "classify or embed texts with a model", &run},
    Verb{"tokenize", "show the tokens of texts, or their ids", &tokenize},
    Verb{"inspect", "show what a model is: architecture, tensors, files, checksums", &inspect},
    Verb{"merge", "merge a LoRA adapter into a model", &merge},
    Verb{"serve", "serve models over HTTP and gRPC", &serve},
    Verb{"export", "write a model as ONNX", &export_model},
    Verb{"bench", "measure how fast a model runs on this machine", &bench},
    Verb{"calibrate", "find the fastest precision that is still right", &calibrate},
    Verb{"engines", "show what can run on this machine", &engines},
};

std::string help() {
  std::string text =
      "martlet runs encoder models (BERT family) from the directory that save_pretrained wrote.\n\n"
      "usage: martlet VERB ...\n\n";
  for (const Verb& verb : kVerbs) text += fmt::format("  {:10} {}\n", verb.name, verb.summary);
  return text +
         "\n  martlet VERB --help   what a verb takes, with examples\n"
         "  martlet --version     the version\n\n"
         "  martlet run build/models/minilm-sst2 \"a gripping, beautiful film\"\n"
         "  martlet run build/models/minilm-sst2 --input reviews.csv --column review --output "
         "out.jsonl\n";
}

Status unknown_verb(std::string_view word) {
  std::string names;
  for (const Verb& verb : kVerbs)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", verb.name);
  return error(
      StatusCode::kInvalidArgument, "command line",
      "what to do? got {}, expected one of {}; see martlet --help",
      word.empty() ? "nothing" : fmt::format("'{}'", word), names
  );
}

Status dispatch(Arguments arguments) {
  if (arguments.empty()) return unknown_verb({});
  const std::string_view word = arguments.front();
  if (word == "--help" || word == "-h" || word == "help") return print(help());
  if (word == "--version") return print("martlet " MARTLET_VERSION "\n");
  for (const Verb& verb : kVerbs) {
    if (verb.name == word) return verb.run(arguments.subspan(1));
  }
  return unknown_verb(word);
}

/// A standard stream that the caller has closed must not become the first file that martlet opens.
/// What takes its place fails on use, as the closed one would have.
void keep_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0) continue;
    ::open(
        "/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
    );  // gets the lowest free number: this one
  }
}

}  // namespace
}  // namespace martlet::cli

int main(int argc, char** argv) {
  namespace cli = martlet::cli;
  cli::keep_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error like any other
  try {
    const martlet::Status status =
        cli::dispatch(cli::Arguments(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0)
        );
    if (status.ok()) return cli::done_exit_code();
    cli::print_error(status);
    return cli::exit_code(status.code());
  } catch (const std::bad_alloc&) {
    std::fputs("martlet: [memory] there is not enough of it for this\n", stderr);
    return cli::exit_code(martlet::StatusCode::kResourceExhausted);
  } catch (const std::exception& bug) {
    cli::print_error(martlet::error(martlet::StatusCode::kInternal, "internal", "{}", bug.what()));
    return cli::exit_code(martlet::StatusCode::kInternal);
  }
}
