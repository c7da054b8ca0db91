// Base64 (RFC 4648, sections 4 and 5) for images in JSON bodies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sma::api {

/// The bytes; nothing if a character is not of the alphabet, padding is wrong, or bits are left over. A leading
/// "data:...;base64," (RFC 2397) is skipped. Missing padding, the alphabet for URLs (section 5), spaces and line breaks
/// are accepted.
std::optional<std::string> decode_base64(std::string_view text);

/// With the alphabet of section 4 and padding.
std::string to_base64(std::string_view bytes);

}  // namespace sma::api
