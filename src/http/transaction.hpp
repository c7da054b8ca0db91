// Transaction: one request and its response, from the first byte to the access line.
#pragma once

#include "session_context.hpp"

#include "request_head.hpp"
#include "response_writer.hpp"
#include "sma/tracing/request_trace.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace sma::http {

/// The status in log and metrics of a client that left before its response; never sent.
inline constexpr unsigned status_client_left = 499;

/// Lives in the session's coroutine while it serves one request; I/O thread only. Counts as a request in flight, and
/// its body as bytes in flight, until finish() or destruction.
class transaction {
public:
    /// Creates the correlation ID, before anything is parsed.
    transaction(session_context& context, std::string const& client);
    ~transaction();
    transaction(transaction const&) = delete;
    transaction& operator=(transaction const&) = delete;

    /// Takes over the head's fields. Error: malformed_request, and the byte stream stays clear.
    result<void> take_head(request_head&& parsed);
    /// An error in the shape of the path.
    response explain(error const& e) const;
    response_facts facts(bool keep) const;
    /// The end of the upload, for the trace.
    void trace_upload(bool complete);
    /// Writes the access line, ends the trace and counts the metrics. To be called once. `status` is what was sent, or
    /// status_client_left.
    void finish(unsigned status, response const& sent);

    request& req() noexcept { return request_; }
    request_head const& head() const noexcept { return head_; }
    std::string_view raw_path() const noexcept { return raw_path_; }
    std::stop_source const& client_left() const noexcept { return client_left_; }
    held_bytes& held() noexcept { return held_; }
    steady_time received_at() const noexcept { return request_.received_at; }
    /// The client chose a deadline of its own.
    bool has_own_deadline() const noexcept { return has_own_deadline_; }
    double elapsed_ms() const;

    // Filled in by the session as it goes.
    route const* row = nullptr;
    std::string_view path_template = "other";
    std::optional<quota> left;       ///< of the client's rate, where it has one
    bool is_secured = false;         ///< by TLS
    bool is_rpc = false;             ///< a foreign_request
    bool head_read = false;          ///< and valid
    bool stream_clear = false;       ///< whether the next request's first byte can be found, once body_left is read
    std::uint64_t body_left = 0;     ///< of a body with a known length, not yet read
    bool continue_expected = false;  ///< the client may be waiting for "100 Continue"
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;

private:
    void take_deadline();
    void take_identity();
    void take_trace();
    void finish_trace(unsigned status, response const& sent);
    void write_access_line(unsigned status, response const& sent, double total_ms) const;

    session_context& context_;
    request request_;
    request_head head_;
    std::string_view raw_path_;
    std::string_view traceparent_;
    std::unique_ptr<tracing::request_trace> trace_;  ///< none: not traced
    std::stop_source client_left_{std::nostopstate};
    held_bytes held_;
    bool has_own_deadline_ = false;
    bool finished_ = false;
};

}  // namespace sma::http
