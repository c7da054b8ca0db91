#include "admin_listener.hpp"

#include "parts.hpp"

#include "sma/api/inference_protocol/endpoints.hpp"

#include <chrono>

namespace sma::app {
namespace {

http::limits admin_limits(settings const& s) {
    http::limits l;
    l.max_connections = 64;
    l.max_body_bytes = 64 * 1024;
    l.request_timeout = std::chrono::milliseconds(s.default_timeout_ms);
    // Who closes the connection wants the profile no more.
    l.allow_half_close = false;
    return l;
}

}  // namespace

admin_listener::admin_listener(boost::asio::io_context& io, api::service const& service)
    : health_(service),
      metrics_page_(service),
      protocol_(service),
      profile_(parts::profiler),
      routes_(route_table(), {api::inference_protocol::endpoints::errors()}),
      server_(io.get_executor(), routes_, admin_limits(service.configuration), service.counters) {
    openapi_ = api::openapi(routes_.table(), std::chrono::milliseconds(service.configuration.default_timeout_ms));
}

std::vector<http::route> admin_listener::route_table() {
    auto constexpr none = http::body_kind::none;
    auto constexpr open = http::access_rule::open;
    auto rows = protocol_.rows();
    rows.push_back({http::verb::get, "/health", none, &health_, open});
    rows.push_back({http::verb::get, "/metrics", none, &metrics_page_, open});
    rows.push_back({http::verb::get, "/debug/pprof/profile", none, &profile_, open});
    rows.push_back({http::verb::get, "/openapi.json", none, &openapi_, open});
    return rows;
}

result<std::string> admin_listener::listen(local_address const& where) {
    if (!where.unix_path.empty()) return server_.listen_unix(where.unix_path);
    return server_.listen(where.host, where.port);
}

}  // namespace sma::app
