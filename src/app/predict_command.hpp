// Command `predict`: asks a server what images show, and prints a table of each.
#pragma once

#include "sma/batch/http_backend.hpp"
#include "sma/core/error.hpp"
#include "tls_client_flags.hpp"

#include <CLI/App.hpp>

#include <string>
#include <vector>

namespace sma::app {

/// Adds its flags to `command`. Must outlive the parsing.
class predict_command {
public:
    explicit predict_command(CLI::App& command);

    /// The process's exit status: 0 all classified, 1 some failed or the server did not answer, 2 wrong usage.
    int run() const;

private:
    result<batch::http_options> options() const;

    tls_client_flags tls_;
    std::vector<std::string> files_;
    std::string url_;
    std::string unix_socket_;
    std::string api_key_file_;
    int top_k_ = 5;
};

}  // namespace sma::app
