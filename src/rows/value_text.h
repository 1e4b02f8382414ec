// Values as text: numbers in their shortest exact form, strings quoted the way JSON and CSV want
// them.
#pragma once

#include <string>
#include <string_view>

namespace martlet {

/// The shortest decimal that reads back as the same float: "0.998", "1e-05", "nan", "inf".
void append_float(std::string& out, float value);

/// As JSON has it: always with a point or an exponent; null for what JSON has no number for.
void append_json_float(std::string& out, float value);

/// In quotes, escaped. `text` is valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// In quotes only where RFC 4180 asks for them.
void append_csv_field(std::string& out, std::string_view text);

}  // namespace martlet
