// Listening sockets: created, or taken over from a parent process.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/unique_fd.hpp"

#include <cstdint>
#include <string>

namespace sma::http {

/// Non-blocking, closed on exec, listening.
struct listening_socket {
    unique_fd fd;
    std::string url;          ///< "http://127.0.0.1:8000", "unix:/run/x.sock"
    std::string unlink_path;  ///< a socket file to remove when it closes; empty if none
};

/// Error of all three: io_error, with what was tried and why it failed.
result<listening_socket> listen_on_tcp(std::string const& host, std::uint16_t port);
result<listening_socket> listen_on_unix(std::string const& path);
result<listening_socket> adopt_listening(int descriptor);

/// The next connection, non-blocking and closed on exec; an invalid one with errno set if there is none. `client`
/// becomes its address, or "unix".
unique_fd accept_from(int listening, std::string& client);

/// True for an errno of accept_from() by which the machine or the process has no more of something.
bool is_exhaustion(int code) noexcept;

}  // namespace sma::http
