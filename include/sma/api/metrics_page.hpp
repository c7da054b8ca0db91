// GET /metrics: Prometheus' text format, or OpenMetrics where Accept asks for it.
#pragma once

#include "sma/api/service.hpp"
#include "sma/http/endpoint.hpp"

namespace sma::api {

/// I/O thread.
class metrics_page : public http::endpoint {
public:
    explicit metrics_page(service const& s) : service_(s) {}
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    service const& service_;
};

}  // namespace sma::api
