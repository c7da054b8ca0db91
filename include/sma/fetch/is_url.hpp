// Prefix test for URLs of images.
#pragma once

#include <string_view>

namespace sma::fetch {

/// True for the beginning of a URL that may be fetched. No image begins so, and no base64.
constexpr bool is_url(std::string_view text) noexcept {
    return text.starts_with("https://") || text.starts_with("http://");
}

}  // namespace sma::fetch
