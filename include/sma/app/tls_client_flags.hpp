// TLS flags of the commands that call an https server.
#pragma once

#include "sma/batch/server_address.hpp"
#include "sma/batch/tls_client.hpp"
#include "sma/core/error.hpp"

#include <CLI/App.hpp>

#include <string>

namespace sma::app {

/// Adds its flags to `command`. Must outlive the parsing.
class tls_client_flags {
public:
    tls_client_flags(CLI::App& command, std::string const& group);

    /// Sets `tls` of an https server's address; does not change others. Error: validation_error.
    result<void> apply(batch::server_address& address) const;

private:
    batch::tls_client_options options_;
    bool insecure_ = false;
};

/// Sets `tls` of an https server's address without verification of its certificate, for a server on this machine.
result<void> trust_blindly(batch::server_address& address);

}  // namespace sma::app
