// Interface of an endpoint, the target of a route.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/request.hpp"
#include "sma/http/response.hpp"

#include <boost/asio/awaitable.hpp>

namespace sma::http {

/// Implemented in `api`, one class an endpoint. Owned by the composition, outlives every session. All functions
/// are called on the I/O thread and must not block.
class endpoint {
public:
    virtual ~endpoint() = default;

    /// Called after the header is read and before the body is. An error is sent at once, and the body is not read.
    virtual result<void> admit(request const& head) {
        (void)head;
        return {};
    }

    /// Answers a whole request. `r` stays alive until the coroutine has ended. Exceptions become INTERNAL_ERROR.
    virtual boost::asio::awaitable<response> handle(request& r) = 0;
};

}  // namespace sma::http
