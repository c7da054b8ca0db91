// Strings for JSON, CSV and terminals.
#pragma once

#include <string>
#include <string_view>

namespace sma::batch {

/// Whether it is well-formed UTF-8 (Unicode 15, table 3-7).
bool is_utf8(std::string_view text) noexcept;

/// In quotes and escaped; a byte that is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// At most `digits` digits behind the point, no exponent, no zeros at the end.
void append_number(std::string& out, double value, int digits);

/// Quoted where RFC 4180 asks for it.
void append_csv_field(std::string& out, std::string_view text);

/// For a terminal: control characters, which could steer it, become '?'.
std::string printable(std::string_view text);

std::string hexadecimal(std::string_view bytes);
/// Stops at the first pair that is not hexadecimal.
std::string from_hexadecimal(std::string_view digits);

}  // namespace sma::batch
