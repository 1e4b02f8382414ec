// Classifies the lines of standard input with libmartlet:
//
//   echo "a gripping, beautiful film" | classify build/models/minilm-sst2
#include <martlet/martlet.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

int fail(const martlet::Status& status) {
  std::fprintf(stderr, "classify: %s\n", status.message().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: classify MODEL < texts\n", stderr);
    return 2;
  }
  const auto pipeline = martlet::TextClassificationPipeline::load(argv[1]);
  if (!pipeline) return fail(pipeline.error());

  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);) lines.push_back(line);
  const std::vector<std::string_view> texts(lines.begin(), lines.end());

  const auto answers = pipeline->run(texts);
  if (!answers) return fail(answers.error());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const martlet::Classification& answer = (*answers)[i];
    std::printf("%s %.4f  %s\n", answer.label.c_str(), answer.score, lines[i].c_str());
  }
}
