#include "session_context.hpp"

#include "response_writer.hpp"

namespace sma::http {

session_context::session_context(io_executor io, router const& r, limits const& l, metrics& m)
    : limit(l),
      routes(r),
      cors(l.cors_allowed_origins),
      proxies(l.trusted_proxies),
      gate(l.client_rate),
      counters(m),
      connections(io, l.max_connections, l.idle_evictable_after, counters),
      bodies(l.max_inflight_body_bytes, counters),
      scratch_(std::make_unique<char[]>(scratch_bytes)),
      inflated_(std::make_unique<char[]>(inflated_bytes)) {}

std::string_view session_context::date() {
    auto const now = std::time(nullptr);
    if (now != date_second_) {
        date_ = http_date(now);
        date_second_ = now;
    }
    return date_;
}

void session_context::begin_request() noexcept {
    ++requests_in_flight_;
    counters.add_requests(1);
}

void session_context::end_request() noexcept {
    --requests_in_flight_;
    counters.add_requests(-1);
}

void session_context::drain() {
    draining = true;
    connections.end_idle_sessions();
}

void session_context::abort() {
    aborted = draining = true;
    connections.abort_all();
}

}  // namespace sma::http
