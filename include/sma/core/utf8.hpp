// Well-formed UTF-8 (Unicode 15, table 3-7).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sma {

/// U+FFFD.
inline constexpr std::string_view utf8_replacement = "\xef\xbf\xbd";

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7), 0 if there is none.
std::size_t utf8_sequence_length(std::string_view text) noexcept;

/// True if `text` is valid UTF-8.
bool is_utf8(std::string_view text) noexcept;

/// Each byte that is not part of a well-formed sequence becomes U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

}  // namespace sma
