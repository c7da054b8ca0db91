// Metrics of a server, as long as they live.
#pragma once

#include "sma/core/metrics.hpp"

#include <cstddef>
#include <string_view>

namespace sma::http {

/// I/O thread only. The metrics are not owned, and may count for other servers too; after detach() nothing is counted,
/// because sessions may outlive them.
class server_metrics {
public:
    explicit server_metrics(metrics& m) noexcept : metrics_(&m) {}

    void detach() noexcept { metrics_ = nullptr; }

    void add_connections(int change) noexcept {
        if (metrics_ != nullptr) metrics_->open_connections.Increment(change);
    }
    void add_requests(int change) noexcept {
        if (metrics_ != nullptr) metrics_->inflight_requests.Increment(change);
    }
    void add_body_bytes(double change) noexcept {
        if (metrics_ != nullptr) metrics_->inflight_body_bytes.Increment(change);
    }
    void count_request(std::string_view method, std::string_view path_template, unsigned status, double seconds,
                       std::string_view trace_id) {
        if (metrics_ != nullptr) metrics_->count_request(method, path_template, status, seconds, trace_id);
    }
    void count_rejection(std::string_view reason) {
        if (metrics_ != nullptr) metrics_->count_rejection(reason);
    }
    void count_handshake_failure(std::string_view reason) {
        if (metrics_ != nullptr) metrics_->count_tls_handshake_failure(reason);
    }

private:
    metrics* metrics_;
};

}  // namespace sma::http
