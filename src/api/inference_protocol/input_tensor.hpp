// Input tensor of a request: the checks of name, type, shape and bytes against each other.
#pragma once

#include "infer_request.hpp"
#include "request_document.hpp"

namespace sma::api::inference_protocol {

/// Both set r.images and the members that these refer to. `binary` is all that follows the JSON; r may keep views into
/// it.
result<void> read_images(infer_request& r, document_input& input, std::string_view binary, request_rules const& rules);
result<void> read_planes(infer_request& r, document_input& input, std::string_view binary, request_rules const& rules);

/// Checks the number of a request's images: 1 to images_max.
result<void> check_count(std::int64_t images, request_rules const& rules);
/// One encoded file, which is not copied. Error: file_too_large.
result<void> add_file(infer_request& r, std::string_view file, request_rules const& rules);
/// Normalized images, one behind the other, which are not copied; a multiple of an image's bytes.
void add_planes(infer_request& r, std::string_view bytes, request_rules const& rules);

}  // namespace sma::api::inference_protocol
