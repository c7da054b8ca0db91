// Check whether a listening URL can be reached from other machines.
#pragma once

#include <string_view>

namespace sma::app {

/// True if one of these URLs, as http::server returns them and separated by ", ", can be reached from other machines:
/// it is neither a Unix socket nor a loopback address. Pure.
bool is_reachable_publicly(std::string_view urls);

}  // namespace sma::app
