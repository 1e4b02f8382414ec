// Numbers the way people read them.
#pragma once

#include <cstdint>
#include <string>

namespace martlet::cli {

/// 28410 as "28,410".
std::string with_commas(std::uint64_t number);

/// 90870000 as "90.9 MB".
std::string megabytes(std::uint64_t bytes);

/// 65 seconds as "1:05".
std::string clock_time(double seconds);

}  // namespace martlet::cli
