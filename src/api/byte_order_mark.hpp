// Byte order mark, which editors and some clients put before JSON. Pure function, any thread.
#pragma once

#include <string_view>

namespace sma::api {

/// Without U+FEFF at its start; RFC 8259 section 8.1 allows to ignore it.
constexpr std::string_view without_byte_order_mark(std::string_view json) noexcept {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    return json.starts_with(mark) ? json.substr(mark.size()) : json;
}

}  // namespace sma::api
