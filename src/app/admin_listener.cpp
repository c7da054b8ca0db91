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
    return l;
}

}  // namespace

admin_listener::admin_listener(boost::asio::io_context& io, api::service const& service, serving::model_manager& models)
    : health_(service),
      metrics_page_(service),
      load_(service, models),
      profile_(parts::profiler),
      routes_({{http::verb::get, "/health", http::body_kind::none, &health_, http::access_rule::open},
               {http::verb::get, "/metrics", http::body_kind::none, &metrics_page_, http::access_rule::open},
               {http::verb::get, "/debug/pprof/profile", http::body_kind::none, &profile_, http::access_rule::open},
               {http::verb::get, "/openapi.json", http::body_kind::none, &openapi_, http::access_rule::open},
               {http::verb::post, "/v2/repository/models/{model}/load", http::body_kind::none, &load_,
                http::access_rule::open}},
              {api::inference_protocol::endpoints::errors()}),
      server_(io.get_executor(), routes_, admin_limits(service.configuration), service.counters) {
    openapi_ = api::openapi(routes_.table(), std::chrono::milliseconds(service.configuration.default_timeout_ms));
}

result<std::string> admin_listener::listen(local_address const& where) {
    if (!where.unix_path.empty()) return server_.listen_unix(where.unix_path);
    return server_.listen(where.host, where.port);
}

}  // namespace sma::app
