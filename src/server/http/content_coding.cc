#include "server/http/content_coding.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "server/http/message.h"

namespace martlet {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to say: with a gzip header
constexpr int kZlibWindow = 15;

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Whether the parameters of one element of Accept-Encoding say q=0.
bool is_refused(std::string_view parameters) {
  const std::size_t q = parameters.find("q=");
  if (q == std::string_view::npos) return false;
  const std::string_view weight = trim(parameters.substr(q + 2));
  return weight.starts_with('0') && weight.find_first_not_of("0.") == std::string_view::npos;
}

/// Owns a z_stream that inflates.
class Inflater {
 public:
  explicit Inflater(int window) { ready_ = inflateInit2(&stream_, window) == Z_OK; }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }

  [[nodiscard]] bool ready() const noexcept { return ready_; }
  z_stream& stream() noexcept { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

Status malformed() {
  return error(StatusCode::kInvalidInput, "body", "the compressed body is malformed or cut short");
}

Status too_large(std::size_t limit) {
  return error(
      StatusCode::kResourceExhausted, "body",
      "the decompressed body is too large, expected at most {} bytes", limit
  );
}

/// Makes room in `out` behind its first `size` <= limit bytes.
void grow(std::string& out, std::size_t size, std::size_t limit) {
  if (size < out.size()) return;
  const std::size_t wanted = std::max<std::size_t>(2 * size, 16 << 10);
  out.resize(std::min(wanted, limit + 1));  // one byte more shows that there is too much
}

}  // namespace

std::optional<ContentCoding> parse_content_coding(std::string_view value) {
  value = trim(value);
  if (value.empty() || equal_ignoring_case(value, "identity")) return ContentCoding::kIdentity;
  if (equal_ignoring_case(value, "gzip") || equal_ignoring_case(value, "x-gzip"))
    return ContentCoding::kGzip;
  if (equal_ignoring_case(value, "deflate")) return ContentCoding::kDeflate;
  return std::nullopt;
}

ContentCoding choose_coding(std::string_view accept_encoding) {
  ContentCoding best = ContentCoding::kIdentity;
  while (!accept_encoding.empty()) {
    const std::string_view element = accept_encoding.substr(0, accept_encoding.find(','));
    accept_encoding.remove_prefix(std::min(accept_encoding.size(), element.size() + 1));
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    const std::string_view name = trim(element.substr(0, semicolon));
    if (is_refused(element.substr(semicolon))) continue;
    if (equal_ignoring_case(name, "gzip")) return ContentCoding::kGzip;
    if (equal_ignoring_case(name, "deflate")) best = ContentCoding::kDeflate;
  }
  return best;
}

std::string_view to_string(ContentCoding coding) noexcept {
  return coding == ContentCoding::kGzip ? "gzip" : "deflate";
}

Result<std::string> decompress(std::string_view data, ContentCoding coding, std::size_t limit) {
  if (data.size() > std::numeric_limits<uInt>::max()) return malformed();
  Inflater inflater(coding == ContentCoding::kGzip ? kGzipWindow : kZlibWindow);
  if (!inflater.ready()) {
    return error(StatusCode::kInternal, "body", "zlib could not be started");
  }
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  std::string out;
  std::size_t size = 0;
  while (true) {
    grow(out, size, limit);
    const auto room = static_cast<uInt>(std::min<std::size_t>(out.size() - size, 1 << 30));
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + size;
    stream.avail_out = room;
    const int result = inflate(&stream, Z_NO_FLUSH);
    size += room - stream.avail_out;
    if (size > limit) return too_large(limit);
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      // gzip members may follow each other; a zlib stream stands alone.
      if (coding != ContentCoding::kGzip || inflateReset(&stream) != Z_OK) return malformed();
    } else if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
      return malformed();
    }
  }
  out.resize(size);
  return out;
}

std::string compress(std::string_view data, ContentCoding coding) {
  z_stream stream{};
  const int window = coding == ContentCoding::kGzip ? kGzipWindow : kZlibWindow;
  if (data.size() > std::numeric_limits<uInt>::max() / 2 ||
      deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, static_cast<uLong>(data.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool complete = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(complete ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace martlet
