// Administrators' listener (setting `admin_listen`), for this machine only.
#pragma once

#include "sma/api/cpu_profile.hpp"
#include "sma/api/health.hpp"
#include "sma/api/inference_protocol/administration.hpp"
#include "sma/api/metrics_page.hpp"
#include "sma/api/openapi.hpp"
#include "sma/api/service.hpp"
#include "sma/core/local_address.hpp"
#include "sma/http/router.hpp"
#include "sma/http/server.hpp"

#include <boost/asio/io_context.hpp>

#include <vector>

namespace sma::app {

/// A second server on the I/O thread, without keys and rate limits. Owned by the composition; the constructor's
/// arguments must outlive it.
class admin_listener {
public:
    admin_listener(boost::asio::io_context& io, api::service const& service);

    /// Error: io_error.
    result<std::string> listen(local_address const& where);
    /// Closes listener and connections at once.
    void close() { server_.abort(); }

private:
    std::vector<http::route> route_table();

    api::health health_;
    api::metrics_page metrics_page_;
    api::inference_protocol::administration protocol_;
    api::cpu_profile profile_;
    api::openapi openapi_;
    http::router routes_;
    http::server server_;
};

}  // namespace sma::app
