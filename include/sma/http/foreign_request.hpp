// Request that did not come through a session: admitted, limited, counted and logged as those of the server's sessions.
#pragma once

#include "sma/http/request.hpp"
#include "sma/http/response.hpp"
#include "sma/http/router.hpp"
#include "sma/http/server.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sma::http {

/// For the part of the program that speaks another protocol, such as gRPC. Counts as a request in flight, and its body
/// as bytes in flight, until finish() or destruction. I/O thread only. May outlive the server.
class foreign_request {
public:
    struct head {
        std::string_view path_template;  ///< a literal; the label in metrics and log
        std::string target;              ///< as sent
        std::string client;              ///< the peer's address, or "unix"
        std::vector<std::pair<std::string, std::string>> headers{};
        std::optional<steady_time> deadline{};  ///< none, or later than default_timeout_ms from now: that
        std::string correlation_id{};           ///< of what it belongs to; empty: one of its own
    };

    foreign_request(server& s, head h);
    ~foreign_request();
    foreign_request(foreign_request const&) = delete;
    foreign_request& operator=(foreign_request const&) = delete;

    /// Access by key and rate. Errors: unauthorized, rate_limited.
    result<void> admit();
    /// Counts bytes of a body. Error: queue_full beyond max_inflight_body_bytes.
    result<void> hold(std::size_t bytes);
    /// The body is there, or nothing more of it will come; for the trace.
    void end_of_body(bool complete);
    /// RateLimit-*, if admit() has found a rate.
    void add_quota(response& to) const;
    /// Writes the access line and counts the metrics. Once.
    void finish(unsigned status, response const& sent, std::size_t bytes_in, std::size_t bytes_out);

    request& req() noexcept;
    /// To be stopped when the client has left.
    std::stop_source client_left() const noexcept;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::http
