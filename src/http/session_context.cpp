#include "session_context.hpp"

#include "sma/core/metrics.hpp"
#include "sma/http/response_writer.hpp"

#include <utility>
#include <vector>

namespace sma::http {

session_context::session_context(io_executor io, router const& r, limits const& l, metrics& m)
    : limit(l),
      routes(r),
      cors(l.cors_allowed_origins),
      proxies(l.trusted_proxies),
      gate(l.client_rate),
      scratch_(std::make_unique<char[]>(scratch_bytes)),
      metrics_(&m),
      capacity_freed_(io) {}

std::string_view session_context::date() {
    auto const now = std::time(nullptr);
    if (now != date_second_) {
        date_ = http_date(now);
        date_second_ = now;
    }
    return date_;
}

void session_context::enter(registered_session& s) {
    open_.push_back(s);
    ++connections_;
    if (metrics_ != nullptr) metrics_->open_connections.Increment();
}

void session_context::leave(registered_session& s) noexcept {
    if (!s.open_hook::is_linked()) return;
    s.open_hook::unlink();
    s.idle_hook::unlink();
    bool const was_full = is_full();
    --connections_;
    if (metrics_ != nullptr) metrics_->open_connections.Decrement();
    if (was_full) capacity_freed_.cancel();
}

void session_context::begin_idle(registered_session& s, steady_time now) {
    s.idle_since = now;
    idle_.push_back(s);
}

void session_context::make_room() {
    if (idle_.empty()) return;
    auto& oldest = idle_.front();
    if (std::chrono::steady_clock::now() - oldest.idle_since >= limit.idle_evictable_after) oldest.leave_if_idle();
}

void session_context::begin_request() noexcept {
    ++requests_in_flight_;
    if (metrics_ != nullptr) metrics_->inflight_requests.Increment();
}

void session_context::end_request() noexcept {
    --requests_in_flight_;
    if (metrics_ != nullptr) metrics_->inflight_requests.Decrement();
}

void session_context::count_request(std::string_view method, std::string_view path_template, unsigned status,
                                    double seconds) {
    if (metrics_ != nullptr) metrics_->count_request(method, path_template, status, seconds);
}

void session_context::count_rejection(std::string_view reason) {
    if (metrics_ != nullptr) metrics_->count_rejection(reason);
}

void session_context::count_handshake_failure(std::string_view reason) {
    if (metrics_ != nullptr) metrics_->count_tls_handshake_failure(reason);
}

bool session_context::could_hold(std::uint64_t bytes) const noexcept {
    return bytes <= limit.max_inflight_body_bytes && held_bytes_ <= limit.max_inflight_body_bytes - bytes;
}

bool session_context::hold(std::size_t bytes) noexcept {
    if (!could_hold(bytes)) return false;
    held_bytes_ += bytes;
    taken_bytes_ += bytes;
    if (metrics_ != nullptr) metrics_->inflight_body_bytes.Increment(static_cast<double>(bytes));
    return true;
}

void session_context::release(std::size_t bytes) noexcept {
    if (bytes == 0) return;
    held_bytes_ -= bytes;
    if (metrics_ != nullptr) metrics_->inflight_body_bytes.Decrement(static_cast<double>(bytes));
}

void session_context::drain() {
    draining = true;
    for (auto& session : idle_) session.leave_if_idle();
}

void session_context::abort() {
    aborted = draining = true;
    // A session may end, and so leave the list, while it is told.
    std::vector<std::shared_ptr<registered_session>> all;
    all.reserve(connections_);
    for (auto& session : open_) all.push_back(session.shared_from_this());
    for (auto const& session : all) session->abort();
}

bool held_bytes::add(std::size_t bytes) noexcept {
    if (!context_.hold(bytes)) return false;
    bytes_ += bytes;
    return true;
}

void held_bytes::clear() noexcept { context_.release(std::exchange(bytes_, 0)); }

}  // namespace sma::http
