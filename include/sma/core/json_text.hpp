// JSON writer that appends to a string: numbers in plain notation, strings always valid UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sma {

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7), 0 if there is none.
std::size_t utf8_sequence_length(std::string_view text) noexcept;

/// Whether all of it is such sequences.
bool is_utf8(std::string_view text) noexcept;

/// Quoted and escaped (RFC 8259). Bytes that are not UTF-8 become U+FFFD: what a client sent must not break the answer.
void append_json_string(std::string& out, std::string_view text);

/// The shortest decimal that reads back as `value` rounded to `digits` places, e.g. 0.920815; never an exponent.
void append_json_number(std::string& out, double value, int digits);

}  // namespace sma
