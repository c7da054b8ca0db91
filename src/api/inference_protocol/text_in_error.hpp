// Client's text in an error message, shortened.
#pragma once

#include "sma/core/utf8.hpp"

#include <string>
#include <string_view>

namespace sma::api::inference_protocol {

/// At most about 100 bytes, whole characters.
inline std::string text_in_error(std::string_view text) {
    constexpr std::size_t bytes_max = 100;
    if (text.size() <= bytes_max) return std::string(text);
    std::size_t end = 0;
    for (std::size_t length = 1; end < bytes_max && length > 0; end += length)
        length = utf8_sequence_length(text.substr(end));
    return std::string(text.substr(0, end)) + "...";
}

}  // namespace sma::api::inference_protocol
