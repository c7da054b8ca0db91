// GET /info: versions, settings and the model that is loaded.
#pragma once

#include "sma/api/service.hpp"
#include "sma/http/endpoint.hpp"

namespace sma::api {

/// Answered from memory. I/O thread.
class info : public http::endpoint {
public:
    explicit info(service const& s) : service_(s) {}
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    service const& service_;
};

}  // namespace sma::api
