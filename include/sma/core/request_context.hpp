// Request context, on every thread that works for the request: correlation ID, deadline, stop token and trace.
#pragma once

#include "sma/core/error.hpp"

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>

namespace sma {

namespace tracing {
class request_trace;
}

using steady_time = std::chrono::steady_clock::time_point;

/// Copied freely between threads; the stop token is the only shared state and is thread-safe.
struct request_context {
    std::string correlation_id;
    steady_time deadline = steady_time::max();  ///< covers upload, decode, queue and forward pass
    std::stop_token cancelled;                  ///< stop requested: the client left, the work is to be dropped
    std::atomic<bool> const* left =
        nullptr;  ///< instead of the token, where the work is another process's; outlives this
    tracing::request_trace* trace = nullptr;  ///< null: not traced; outlives the work for the request

    bool is_cancelled() const noexcept {
        return cancelled.stop_requested() || (left != nullptr && left->load(std::memory_order_relaxed));
    }
    bool is_expired(steady_time now) const noexcept { return now >= deadline; }
};

/// The error of a request whose client has left.
inline error client_closed_request() { return error(errc::client_closed_request, "the client closed the connection"); }

}  // namespace sma
