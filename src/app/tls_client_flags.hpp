// TLS flags of the commands that call an https server.
#pragma once

#include "sma/client/server_address.hpp"
#include "sma/client/tls_client_options.hpp"
#include "sma/core/error.hpp"

#include <CLI/App.hpp>

#include <string>

namespace sma::app {

/// Adds its flags to `command`. Must outlive the parsing.
class tls_client_flags {
public:
    tls_client_flags(CLI::App& command, std::string const& group);

    /// Makes the address of an https server usable; others stay as they are. Error: validation_error.
    result<void> apply(client::server_address& address) const;

private:
    client::tls_client_options options_;
    bool insecure_ = false;
};

/// Makes the address of an https server usable whose certificate proves nothing that matters: of this machine.
result<void> trust_blindly(client::server_address& address);

}  // namespace sma::app
