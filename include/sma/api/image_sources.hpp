// Images of a prediction request, from a form, a bare body or JSON.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::api {

struct image_source {
    std::optional<std::string_view> filename;  ///< nothing for images without one
    std::string_view bytes;                    ///< the encoded file
    std::optional<error> failed{};             ///< why there are no bytes
};

/// Views into the request, or into `decoded` for base64 and fetched images. Belongs to one request's coroutine; not
/// copied, since the views point into it.
struct image_sources {
    image_sources() = default;
    image_sources(image_sources const&) = delete;
    image_sources& operator=(image_sources const&) = delete;
    image_sources(image_sources&&) = default;
    image_sources& operator=(image_sources&&) = default;

    std::vector<image_source> images;
    std::vector<std::string> decoded;
    std::vector<std::string> urls;  ///< where the images are, if they are yet to be fetched; else none
    bool as_list = false;           ///< the client sent a list, or several files: it gets a list
};

/// Parts named `file`, a bare body, or a JSON body {"image": base64}, {"images": [base64, ...]}, {"url": "https://..."}
/// or {"urls": [...]}. Errors:
/// missing_file, empty_file, malformed_request, validation_error (more than images_max).
result<image_sources> find_images(http::request const& r, std::size_t images_max);

/// True if find_images() has so much base64 to decode that it must not run on the I/O thread.
bool is_long_json(http::request const& r);

}  // namespace sma::api
