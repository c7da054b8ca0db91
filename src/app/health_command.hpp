// Command `health`, for the health check of a container or a supervisor.
#pragma once

#include "sma/client/server_address.hpp"
#include "sma/core/error.hpp"
#include "tls_client_flags.hpp"

#include <CLI/App.hpp>

#include <cstdint>
#include <string>

namespace sma::app {

/// Adds its flags to `command`. Must outlive the parsing.
class health_command {
public:
    explicit health_command(CLI::App& command);

    /// Exit status 0 if GET /health answers 200, else 1; the answer or what went wrong is printed.
    int run() const;

private:
    result<client::server_address> named_address() const;

    tls_client_flags tls_;
    std::string url_;
    std::string unix_socket_;
    std::string config_file_;
    std::int64_t timeout_ms_ = 3'000;
};

}  // namespace sma::app
