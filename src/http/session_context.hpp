// State that all sessions of a server share.
#pragma once

#include "access_control.hpp"
#include "body_budget.hpp"
#include "client_address.hpp"
#include "connection_registry.hpp"
#include "cors.hpp"
#include "server_metrics.hpp"
#include "sma/http/limits.hpp"
#include "sma/http/router.hpp"
#include "sma/http/tls_context.hpp"
#include "sma/tracing/tracer.hpp"

#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sma::http {

/// I/O thread only. The server and its sessions own it together, so that no session outlives it.
class session_context {
public:
    session_context(io_executor io, router const& r, limits const& l, metrics& m);

    limits const limit;
    router const routes;
    cors_policy const cors;
    trusted_proxies const proxies;
    access_control gate;
    server_metrics counters;
    connection_registry connections;
    body_budget bodies;
    std::shared_ptr<tls_context const> tls;   ///< for new connections on TCP; none: plain HTTP
    tracing::tracer const* tracer = nullptr;  ///< null: nothing is traced
    bool closes_after_answers = false;        ///< each response is the last of its connection
    bool draining = false;
    bool aborted = false;

    /// Scratch memory of whichever coroutine runs; valid until its next suspension.
    std::span<char> scratch() noexcept { return {scratch_.get(), scratch_bytes}; }
    std::string& output() noexcept { return output_; }
    /// Memory for one piece of inflated content, likewise.
    std::span<char> inflated() noexcept { return {inflated_.get(), inflated_bytes}; }
    /// The value of the Date header, made once a second.
    std::string_view date();

    void begin_request() noexcept;
    void end_request() noexcept;
    std::size_t requests_in_flight() const noexcept { return requests_in_flight_; }

    void drain();
    void abort();

private:
    static constexpr std::size_t scratch_bytes = 64 * 1024;
    static constexpr std::size_t inflated_bytes = 32 * 1024;

    std::unique_ptr<char[]> scratch_;
    std::unique_ptr<char[]> inflated_;
    std::string output_;
    std::string date_;
    std::time_t date_second_ = -1;
    std::size_t requests_in_flight_ = 0;
};

}  // namespace sma::http
