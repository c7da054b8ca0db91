// File names in multipart headers. Pure functions, any thread. What they return is valid UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sma::http {

/// %22, %0D and %0A become what browsers write so inside quoted strings (HTML, multipart/form-data encoding algorithm);
/// no other escape is undone, for they do not escape %. `text` is valid UTF-8.
std::string decode_escapes(std::string_view text);
/// Percent pairs become bytes, malformed ones stay, and bytes that are not UTF-8 become U+FFFD.
std::string decode_percent(std::string_view text);
/// RFC 8187: charset'language'percent-encoded, in UTF-8 or ISO-8859-1. With another charset nothing, unless the bytes
/// are UTF-8 all the same.
std::optional<std::string> decode_extended(std::string_view text);
/// The part after the last / or \; empty for "." and "..".
std::string last_path_component(std::string_view path);

}  // namespace sma::http
