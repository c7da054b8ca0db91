// GET /health: readiness.
#pragma once

#include "sma/api/service.hpp"
#include "sma/http/endpoint.hpp"

namespace sma::api {

/// Answered from memory, whatever the load. I/O thread.
class health : public http::endpoint {
public:
    explicit health(service const& s) : service_(s) {}
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    service const& service_;
};

}  // namespace sma::api
