// What martlet knows of the terminal it may be talking to, and how text fits it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace martlet::cli {

bool stdin_is_terminal() noexcept;
bool stdout_is_terminal() noexcept;
bool stderr_is_terminal() noexcept;

/// Columns of the terminal on stdout or stderr; 80 when there is none.
std::size_t terminal_width() noexcept;

/// `text` with control characters written as \n or \x1b, so that it is one line and cannot steer a
/// terminal.
std::string printable(std::string_view text);

/// How many columns of a terminal `text` (UTF-8) takes.
std::size_t columns_of(std::string_view text);

/// As much of `text` as fits `columns`, with "..." where it was cut.
std::string cut_to_columns(std::string_view text, std::size_t columns);

}  // namespace martlet::cli
