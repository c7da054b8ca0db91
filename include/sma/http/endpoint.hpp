// The seam between the HTTP component and the endpoints: what a route points to.
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

    /// Asked once the header is read and before the body is: an error here is answered at once, without the body.
    virtual result<void> admit(request const& head) {
        (void)head;
        return {};
    }

    /// Answers a whole request. `r` stays alive until the coroutine has ended. Exceptions become INTERNAL_ERROR.
    virtual boost::asio::awaitable<response> handle(request& r) = 0;
};

}  // namespace sma::http
