// Time limit and cancellation for the work on one image.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"

#include <chrono>

namespace sma::image {

/// Ends at the request's deadline, when its client leaves, or at the decode's own limit. Belongs to the decoding
/// thread; refers to the context.
class work_watch {
public:
    work_watch(request_context const& context, std::chrono::milliseconds timeout)
        : context_(context), timeout_(timeout), limit_(std::chrono::steady_clock::now() + timeout) {}

    bool is_over() const noexcept {
        if (context_.is_cancelled()) return true;
        auto const now = std::chrono::steady_clock::now();
        return now >= limit_ || context_.is_expired(now);
    }

    /// The error that says why it is over.
    error reason() const {
        if (context_.is_cancelled())
            return error(errc::client_closed_request, "the client left before its image was decoded");
        if (context_.is_expired(std::chrono::steady_clock::now())) {
            return error(errc::deadline_exceeded, "the request's deadline passed while its image was decoded");
        }
        return error(errc::preprocessing_failed,
                     "the image took more than " + std::to_string(timeout_.count()) +
                         " ms to decode (decode_timeout_ms); send a smaller or simpler one");
    }

private:
    request_context const& context_;
    std::chrono::milliseconds timeout_;
    steady_time limit_;
};

}  // namespace sma::image
