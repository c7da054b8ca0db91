// Endpoints GET /health, /info and /metrics, answered from memory whatever the load.
#pragma once

#include "sma/core/metrics.hpp"
#include "sma/core/settings.hpp"
#include "sma/http/endpoint.hpp"
#include "sma/image/preprocess.hpp"
#include "sma/serving/dispatcher.hpp"
#include "sma/serving/model_manager.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace sma::api {

/// State that all three endpoints read. The composition owns what it refers to.
struct service {
    service(settings const& s, serving::model_manager const& m, serving::dispatcher const& d, metrics& x)
        : configuration(s), models(m), dispatcher(d), counters(x) {}

    settings const& configuration;
    serving::model_manager const& models;
    serving::dispatcher const& dispatcher;
    metrics& counters;
    image::preprocess_options preprocessing;
    std::vector<std::pair<std::string, std::string>> libraries;  ///< name and version, for /info
    std::chrono::steady_clock::time_point started_at = std::chrono::steady_clock::now();
};

/// GET /health: readiness. I/O thread.
class health : public http::endpoint {
public:
    explicit health(service const& s) : service_(s) {}
    boost::json::object describe(http::verb method, std::string_view path) const override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    service const& service_;
};

/// GET /info: version, model, engine, pre-processing, limits and libraries. I/O thread.
class info : public http::endpoint {
public:
    explicit info(service const& s) : service_(s) {}
    boost::json::object describe(http::verb method, std::string_view path) const override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    service const& service_;
};

/// GET /metrics: Prometheus' text format. I/O thread.
class metrics_page : public http::endpoint {
public:
    explicit metrics_page(service const& s) : service_(s) {}
    boost::json::object describe(http::verb method, std::string_view path) const override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    service const& service_;
};

}  // namespace sma::api
