#include "terminal.h"

#include <fmt/format.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <limits>

namespace martlet::cli {
namespace {

/// This thread reads text as UTF-8 while it lives, whatever the user's locale is.
class Utf8Locale {
 public:
  Utf8Locale() : previous_(::uselocale(utf8())) {}
  ~Utf8Locale() { ::uselocale(previous_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;  // null, where the system has no such locale, leaves the current one in place
  }
  locale_t previous_;
};

struct Fit {
  std::size_t bytes = 0;
  std::size_t columns = 0;
};

/// The longest start of `text` that takes `columns` at most. Invalid bytes count one each.
Fit fit(std::string_view text, std::size_t columns) {
  const Utf8Locale utf8;
  Fit fit;
  std::mbstate_t state{};
  while (fit.bytes < text.size()) {
    wchar_t character = 0;
    std::size_t bytes =
        std::mbrtowc(&character, text.data() + fit.bytes, text.size() - fit.bytes, &state);
    int width = 1;
    if (bytes == 0 || bytes > text.size()) {  // NUL, or one of mbrtowc's two error values
      bytes = 1;
      state = {};
    } else {
      width = std::max(::wcwidth(character), 0);
    }
    if (fit.columns + static_cast<std::size_t>(width) > columns) break;
    fit.columns += static_cast<std::size_t>(width);
    fit.bytes += bytes;
  }
  return fit;
}

}  // namespace

bool stdin_is_terminal() noexcept { return ::isatty(STDIN_FILENO) == 1; }
bool stdout_is_terminal() noexcept { return ::isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() noexcept { return ::isatty(STDERR_FILENO) == 1; }

std::size_t terminal_width() noexcept {
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return 80;
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char byte : text) {
    if (byte == '\n') {
      shown += "\\n";
    } else if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    } else {
      shown += byte;
    }
  }
  return shown;
}

std::size_t columns_of(std::string_view text) {
  return fit(text, std::numeric_limits<std::size_t>::max()).columns;
}

std::string cut_to_columns(std::string_view text, std::size_t columns) {
  constexpr std::string_view kEllipsis = "...";
  if (fit(text, columns).bytes == text.size()) return std::string(text);
  if (columns < kEllipsis.size()) return {};
  return std::string(text.substr(0, fit(text, columns - kEllipsis.size()).bytes)) +
         std::string(kEllipsis);
}

}  // namespace martlet::cli
