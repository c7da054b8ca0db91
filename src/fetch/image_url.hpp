// URL of an image (RFC 3986), taken apart.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sma::fetch {

struct image_url {
    std::string text;  ///< without its fragment
    bool secure = true;
    std::string host;  ///< in lower case, without brackets
    std::uint16_t port = 443;
    std::string authority;  ///< for the Host header
    std::string target;     ///< begins with a slash
};

/// An absolute http or https URL without user information. Error: validation_error.
result<image_url> parse_image_url(std::string_view text);

/// Where a redirect from `base` leads. Error: image_not_fetched.
result<image_url> redirected(image_url const& base, std::string_view location);

}  // namespace sma::fetch
