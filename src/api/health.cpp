#include "sma/api/health.hpp"
#include "sma/core/json_writer.hpp"

#include "sma/version.hpp"

namespace sma::api {

boost::asio::awaitable<http::response> health::handle(http::request&) {
    using serving::state;
    auto const now = service_.models.current_state();
    bool const has_model = now == state::ready || now == state::reloading;
    bool const stuck = !service_.models.makes_progress();
    bool const usable = has_model && !stuck;
    std::chrono::duration<double> const uptime = std::chrono::steady_clock::now() - service_.started_at;

    http::response answer;
    answer.status = usable ? 200 : 503;
    {
        object_writer o(answer.body);
        o.text("status", stuck ? "failed" : serving::health_status(now));
        o.flag("model_loaded", has_model || now == state::draining);
        o.text("version", version::number);
        o.number("uptime_s", uptime.count(), 1);
        o.number("queue_depth", service_.models.queue_depth());
    }
    answer.headers.emplace_back("Cache-Control", "no-store");
    if (!usable) answer.headers.emplace_back("Retry-After", "1");
    co_return answer;
}

}  // namespace sma::api
