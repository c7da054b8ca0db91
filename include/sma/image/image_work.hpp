// Work of a decode thread on images: from bytes to the engine's input.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/tensor_buffer.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/image/dimensions.hpp"
#include "sma/image/preprocess.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace sma::image {

/// Created and used by one thread alone. It is a decoder, except in tests.
class image_work : public worker_state {
public:
    /// As decoder::probe().
    virtual result<dimensions> probe(std::string_view bytes, request_context const& context) = 0;
    /// As decoder::decode().
    virtual result<void> decode(std::string_view bytes, request_context const& context, preprocess_options const& how,
                                tensor_buffer& out) = 0;
    /// Writes an image that the client has normalized: three planes of FP32 (RGB, at any address). Errors:
    /// validation_error, if they are not as many as `out` has or a value is not finite.
    virtual result<void> pack(std::string_view planes, tensor_buffer& out) = 0;
};

using image_work_factory = std::function<std::unique_ptr<image_work>()>;

}  // namespace sma::image
