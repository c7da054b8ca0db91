// JSON of an image's name and error, in the answers about images.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/json_writer.hpp"

#include <optional>
#include <string_view>

namespace sma::api {

/// "filename": null for an image without one.
void write_filename(object_writer& o, std::optional<std::string_view> filename);
/// "error": {"code", "message"}.
void write_image_error(object_writer& o, error const& e);

}  // namespace sma::api
