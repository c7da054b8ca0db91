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

    /// Makes the address of an https server usable; others stay as they are. Error: validation_error.
    result<void> apply(batch::server_address& address) const;

private:
    batch::tls_client_options options_;
    bool insecure_ = false;
};

/// Makes the address of an https server usable whose certificate proves nothing that matters: of this machine.
result<void> trust_blindly(batch::server_address& address);

}  // namespace sma::app
