// A separable resampling in fixed point: first along rows, then along columns, rounded to 8 bits
// after each. Weights have 22 bits behind the point, so that 8-bit values times weights that sum to
// 1, with the overshoot of Lanczos, fit 32 bits. That is PIL's arithmetic, so results are equal.
#include "images/resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace martlet {
namespace {

constexpr int kFraction = 22;
constexpr std::int32_t kHalf = 1 << (kFraction - 1);
constexpr std::size_t kChannels = Image::kChannels;

double sinc(double x) {
  return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

double cubic(double x) {
  constexpr double kSharpness = -0.5;
  x = std::abs(x);
  if (x < 1) return ((kSharpness + 2) * x - (kSharpness + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * kSharpness;
  return 0;
}

double hamming(double x) {
  x = std::abs(x);
  if (x == 0) return 1;
  return x >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * std::cos(std::numbers::pi * x));
}

/// A filter is 0 where |x| is above its reach.
struct Filter {
  double (*weight)(double x);
  double reach;
};

Filter filter_of(Resample filter) {
  switch (filter) {
    case Resample::kLanczos:
      return {[](double x) { return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0.0; }, 3};
    case Resample::kBicubic:
      return {&cubic, 2};
    case Resample::kBox:
      return {[](double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }, 0.5};
    case Resample::kHamming:
      return {&hamming, 1};
    case Resample::kNearest:
    case Resample::kBilinear:
      break;
  }
  return {[](double x) { return std::max(0.0, 1 - std::abs(x)); }, 1};
}

/// Which values along one axis make one value of the result, and their weights.
struct Window {
  std::size_t begin;
  std::size_t size;
  const std::int32_t* weights;
};

class Axis {
 public:
  Axis(std::size_t from, std::size_t to, const Filter& filter) {
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    const double stretch = std::max(scale, 1.0);
    const double reach = filter.reach * stretch;
    const auto most = static_cast<std::size_t>(std::ceil(reach)) * 2 + 1;
    weights_.resize(to * most);
    std::vector<double> exact(most);
    for (std::size_t i = 0; i < to; ++i) {
      const double center = (static_cast<double>(i) + 0.5) * scale;
      const double first = std::max(center - reach + 0.5, 0.0);
      const double last = std::min(center + reach + 0.5, static_cast<double>(from));
      const auto begin = static_cast<std::size_t>(first);
      const std::size_t size = static_cast<std::size_t>(last) - begin;
      double sum = 0;
      for (std::size_t k = 0; k < size; ++k) {
        const double at = static_cast<double>(begin + k) - center + 0.5;
        exact[k] = filter.weight(at * (1 / stretch));
        sum += exact[k];
      }
      std::int32_t* weights = weights_.data() + i * most;
      for (std::size_t k = 0; k < size; ++k)
        weights[k] = fixed(sum == 0 ? exact[k] : exact[k] / sum);
      windows_.push_back({begin, size, weights});
    }
  }

  [[nodiscard]] const Window& operator[](std::size_t i) const noexcept { return windows_[i]; }

 private:
  static std::int32_t fixed(double weight) {
    const double scaled = weight * (1 << kFraction);
    return static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  }

  std::vector<std::int32_t> weights_;
  std::vector<Window> windows_;
};

std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFraction, 0, 255));
}

Image resize_rows(const Image& image, std::size_t width, const Filter& filter) {
  const Axis axis(image.width, width, filter);
  Image result = Image::of_size(width, image.height);
  for (std::size_t y = 0; y < image.height; ++y) {
    std::uint8_t* out = result.row(y);
    for (std::size_t x = 0; x < width; ++x, out += kChannels) {
      const Window& window = axis[x];
      const std::uint8_t* in = image.row(y) + window.begin * kChannels;
      std::int32_t sums[kChannels] = {kHalf, kHalf, kHalf};
      for (std::size_t k = 0; k < window.size; ++k, in += kChannels) {
        for (std::size_t c = 0; c < kChannels; ++c) sums[c] += in[c] * window.weights[k];
      }
      for (std::size_t c = 0; c < kChannels; ++c) out[c] = to_byte(sums[c]);
    }
  }
  return result;
}

Image resize_columns(const Image& image, std::size_t height, const Filter& filter) {
  const Axis axis(image.height, height, filter);
  Image result = Image::of_size(image.width, height);
  const std::size_t row_size = image.width * kChannels;
  std::vector<std::int32_t> sums(row_size);
  for (std::size_t y = 0; y < height; ++y) {
    const Window& window = axis[y];
    std::ranges::fill(sums, kHalf);
    for (std::size_t k = 0; k < window.size; ++k) {
      const std::uint8_t* in = image.row(window.begin + k);
      const std::int32_t weight = window.weights[k];
      for (std::size_t i = 0; i < row_size; ++i) sums[i] += in[i] * weight;
    }
    std::ranges::transform(sums, result.row(y), &to_byte);
  }
  return result;
}

Image resize_nearest(const Image& image, std::size_t width, std::size_t height) {
  const auto source = [](std::size_t i, std::size_t from, std::size_t to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to);
    return std::min(static_cast<std::size_t>((static_cast<double>(i) + 0.5) * scale), from - 1);
  };
  Image result = Image::of_size(width, height);
  for (std::size_t y = 0; y < height; ++y) {
    const std::uint8_t* in = image.row(source(y, image.height, height));
    for (std::size_t x = 0; x < width; ++x)
      std::copy_n(
          in + source(x, image.width, width) * kChannels, kChannels, result.row(y) + x * kChannels
      );
  }
  return result;
}

}  // namespace

Image resize(const Image& image, std::size_t width, std::size_t height, Resample filter) {
  if (filter == Resample::kNearest) return resize_nearest(image, width, height);
  const Filter shape = filter_of(filter);
  if (width == image.width)
    return height == image.height ? image : resize_columns(image, height, shape);
  const Image rows = resize_rows(image, width, shape);
  return height == image.height ? rows : resize_columns(rows, height, shape);
}

}  // namespace martlet
