#include "martlet/image_classification.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include "core/error.h"
#include "core/thread_pool.h"
#include "pipelines/image_model.h"
#include "pipelines/scores.h"

namespace martlet {

struct ImageClassificationPipeline::Impl {
  ImageModel model;
  ImageClassificationOptions options;
  ScoreFunction function;
  std::unique_ptr<ThreadPool> readers;

  [[nodiscard]] std::vector<Result<PixelValues>> read(std::span<const ImageFile> images) const;
};

Result<ImageClassificationPipeline> ImageClassificationPipeline::load(
    const std::filesystem::path& model, const ImageClassificationOptions& options
) {
  if (options.top_k < 0 || options.batch == 0) {
    return error(
        StatusCode::kInvalidArgument, "image-classification",
        "got {} labels per image and batches of {}, expected 0 or more and 1 or more",
        options.top_k, options.batch
    );
  }
  auto files = load_image_model_files(model, options.preprocess);
  if (!files) return files.error();
  auto executor = load_executor(files->graph, options.executor);
  if (!executor) return executor.error();
  auto image_model = ImageModel::make(*std::move(executor), *files);
  if (!image_model) return image_model.error();
  const ScoreFunction function = options.function.value_or(
      score_function_for(image_model->problem_type(), image_model->labels().size())
  );
  // Engines have threads of their own, which wait for work in theirs: no spinning in ours.
  auto readers = std::make_unique<ThreadPool>(
      ThreadPoolOptions{.threads = options.executor.threads, .spin = {}}
  );
  return ImageClassificationPipeline(std::make_unique<const Impl>(
      Impl{*std::move(image_model), options, function, std::move(readers)}
  ));
}

ImageClassificationPipeline::ImageClassificationPipeline(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}
ImageClassificationPipeline::ImageClassificationPipeline(ImageClassificationPipeline&&) noexcept =
    default;
ImageClassificationPipeline&
ImageClassificationPipeline::operator=(ImageClassificationPipeline&&) noexcept = default;
ImageClassificationPipeline::~ImageClassificationPipeline() = default;

std::vector<Result<PixelValues>> ImageClassificationPipeline::Impl::read(
    std::span<const ImageFile> images
) const {
  std::vector<Result<PixelValues>> pixels(images.size(), Status(StatusCode::kInternal, "not read"));
  std::atomic<std::size_t> next{0};
  const auto read_some = [&](Team&) {
    for (std::size_t i = next++; i < images.size(); i = next++) {
      try {
        pixels[i] = model.read(images[i].bytes, images[i].name);
      } catch (const std::bad_alloc&) {
        pixels[i] = Status(StatusCode::kResourceExhausted, "[images] out of memory");
      }
    }
  };
  readers->run(read_some, static_cast<int>(std::min<std::size_t>(images.size(), 1024)));
  return pixels;
}

Result<std::vector<Classification>> ImageClassificationPipeline::run(
    std::span<const ImageFile> images
) const {
  const auto pixels = impl_->read(images);
  std::vector<const PixelValues*> all;
  for (const auto& image : pixels) {
    if (!image) return image.error();
    all.push_back(&*image);
  }
  std::vector<Classification> results;
  std::vector<std::vector<float>> logits;
  for (std::size_t begin = 0; begin < all.size(); begin += impl_->options.batch) {
    const auto batch =
        std::span(all).subspan(begin, std::min(impl_->options.batch, all.size() - begin));
    MARTLET_RETURN_IF_ERROR(impl_->model.run(batch, logits));
    for (const auto& row : logits)
      results.push_back(classify(impl_->function, labels(), row, impl_->options.top_k));
  }
  return results;
}

Result<Classification> ImageClassificationPipeline::run(const ImageFile& image) const {
  auto results = run(std::span(&image, 1));
  if (!results) return results.error();
  return std::move(results->front());
}

std::span<const std::string> ImageClassificationPipeline::labels() const noexcept {
  return impl_->model.labels();
}

}  // namespace martlet
