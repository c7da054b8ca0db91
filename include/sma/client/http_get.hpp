// Blocking GET request, for commands that send one request and end.
#pragma once

#include "sma/client/server_address.hpp"
#include "sma/core/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace sma::client {

struct get_reply {
    unsigned status = 0;
    std::string body;
};

/// Blocks until the answer is there, at most `timeout`. `target` begins with a slash. Error: io_error, which says what
/// happened.
result<get_reply> http_get(server_address const& address, std::string_view target, std::chrono::milliseconds timeout);

}  // namespace sma::client
