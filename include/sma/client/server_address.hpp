// Address of a server: a URL or a Unix socket.
#pragma once

#include "sma/client/tls_client_options.hpp"
#include "sma/core/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sma::client {

struct server_address {
    std::string host;  ///< without brackets
    std::uint16_t port = 80;
    std::string unix_socket;  ///< in place of host and port
    std::string authority;    ///< for the Host header
    std::string prefix;       ///< path before /predict, e.g. "/vision"; empty or without a trailing slash
    std::string shown;        ///< for people
    bool secure = false;      ///< https: `tls` must be set before it is used
    std::shared_ptr<boost::asio::ssl::context> tls;
};

/// "http[s]://host[:port][/prefix]"; with `unix_socket` the URL may be empty. Error: validation_error.
result<server_address> parse_server_address(std::string_view url, std::string const& unix_socket);

}  // namespace sma::client
