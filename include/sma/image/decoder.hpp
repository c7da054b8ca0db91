// Decoder of image files: from bytes to one pre-processed image in the engine's layout.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/tensor_buffer.hpp"
#include "sma/image/decode_options.hpp"
#include "sma/image/dimensions.hpp"
#include "sma/image/preprocess.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace sma::image {

/// Decodes, orients, resizes, crops, normalizes. Belongs to one thread (it keeps scratch memory for the next image).
class decoder {
public:
    explicit decoder(decode_options options);
    ~decoder();
    decoder(decoder&&) noexcept;

    /// Checks type, size and page count from the header alone, in well under a millisecond and without decoding.
    /// Errors: empty_file, unsupported_media_type, image_too_large, preprocessing_failed.
    result<dimensions> probe(std::string_view bytes);

    /// Writes the image, pre-processed as `how` says, into `out` in its format (whose height and width are the crop's).
    /// Errors: those of probe(), and preprocessing_failed, deadline_exceeded, client_closed_request. Throws
    /// std::bad_alloc.
    result<void> decode(std::string_view bytes, request_context const& context, preprocess_options const& how,
                        tensor_buffer& out);

    /// The crop before normalization, crop x crop x 3 bytes RGB: for tests, calibration and fidelity checks.
    result<std::vector<std::uint8_t>> decode_crop(std::string_view bytes, preprocess_options const& how = {});

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::image
