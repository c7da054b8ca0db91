#include "sma/api/health.hpp"
#include "sma/core/json_text.hpp"

#include "sma/version.hpp"

namespace sma::api {

boost::asio::awaitable<http::response> health::handle(http::request&) {
    using serving::state;
    auto const now = service_.models.current_state();
    bool const has_model = now == state::ready || now == state::reloading;
    bool const stuck = !service_.dispatcher.makes_progress();
    bool const usable = has_model && !stuck;
    std::chrono::duration<double> const uptime = std::chrono::steady_clock::now() - service_.started_at;

    http::response answer;
    answer.status = usable ? 200 : 503;
    answer.body = "{\"status\": ";
    append_json_string(answer.body, stuck ? "failed" : serving::health_status(now));
    answer.body += std::string(", \"model_loaded\": ") + (has_model || now == state::draining ? "true" : "false");
    answer.body += ", \"version\": ";
    append_json_string(answer.body, version::number);
    answer.body += ", \"uptime_s\": ";
    append_json_number(answer.body, uptime.count(), 1);
    answer.body += ", \"queue_depth\": " + std::to_string(service_.dispatcher.queue_depth()) + "}";
    answer.headers.emplace_back("Cache-Control", "no-store");
    if (!usable) answer.headers.emplace_back("Retry-After", "1");
    co_return answer;
}

}  // namespace sma::api
