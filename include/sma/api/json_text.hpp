// JSON, appended to a string: what the endpoints answer with. Numbers in plain notation, strings always valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace sma::api {

/// Quoted and escaped (RFC 8259). Bytes that are not UTF-8 become U+FFFD: what a client sent must not break the answer.
void append_json_string(std::string& out, std::string_view text);

/// The shortest decimal that reads back as `value` rounded to `digits` places, e.g. 0.920815; never an exponent.
void append_json_number(std::string& out, double value, int digits);

}  // namespace sma::api
