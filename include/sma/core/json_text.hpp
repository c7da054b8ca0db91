// JSON writer that appends to a string: numbers in plain notation, strings always valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace sma {

/// Appends `text` quoted and escaped (RFC 8259). Bytes that are not UTF-8 become U+FFFD, so that the JSON is valid
/// whatever a client sent.
void append_json_string(std::string& out, std::string_view text);

/// Appends the shortest decimal that reads back as `value` rounded to `digits` places, e.g. 0.920815; never an
/// exponent.
void append_json_number(std::string& out, double value, int digits);

}  // namespace sma
