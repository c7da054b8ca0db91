#include "sma/api/metrics_page.hpp"

namespace sma::api {

boost::asio::awaitable<http::response> metrics_page::handle(http::request&) {
    http::response answer;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = service_.counters.expose();
    co_return answer;
}

}  // namespace sma::api
