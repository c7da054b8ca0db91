// TLS client context: trusted authorities and the client's own certificate.
#pragma once

#include "sma/core/error.hpp"

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace sma::client {

struct tls_client_options {
    bool verify = true;       ///< the server's certificate and name
    std::string ca_file;      ///< PEM: trusted CA certificates; empty: the system's authorities
    std::string certificate;  ///< PEM, and its key, for a server that wants one; empty: none
    std::string key;
};

/// Shared by connections; does not change. Blocks. Error: validation_error, which names the file.
result<std::shared_ptr<boost::asio::ssl::context>> make_tls_client(tls_client_options const& options);

}  // namespace sma::client
