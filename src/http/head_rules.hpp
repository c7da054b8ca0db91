// Rules for a whole head: Host, framing and expectation, from its fields. No sockets.
#pragma once

#include "request_head.hpp"

namespace sma::http {

/// Fills in framing, length and expectation. Errors: malformed_request, not_implemented.
result<void> complete_head(request_head& head);

}  // namespace sma::http
