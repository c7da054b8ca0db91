// Fetcher of images that a request names by their URL.
//
// Requests decide where it connects to, so that it must never reach what only this machine can (server-side request
// forgery). Hosts come from a list. Every address that a name resolves to is checked, and the connection is made to one
// of those that were checked, so that a name which changes its mind gains nothing. Redirects pass the same checks.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/ip_network.hpp"
#include "sma/core/request_context.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio::ssl {
class context;
}

namespace sma::fetch {

/// The addresses of a host; blocks. Error: image_not_fetched.
using host_lookup = std::function<result<std::vector<ip_address>>(std::string const& host)>;

/// That of the system.
result<std::vector<ip_address>> look_up_host(std::string const& host);

struct fetch_options {
    std::vector<std::string> hosts;        ///< "images.example.com", "*.example.com", perhaps with ":port"
    std::vector<ip_network> networks;      ///< that may be connected to though they are not public
    bool allow_http = false;               ///< without TLS
    std::size_t image_bytes_max = 0;       ///< more is file_too_large
    std::size_t connections_max = 16;      ///< at a time; more are queue_full
    std::chrono::milliseconds timeout{0};  ///< from the first lookup to the last byte, redirects included
    std::shared_ptr<boost::asio::ssl::context> tls;
    host_lookup look_up = look_up_host;  ///< on a thread for it
};

/// Belongs to the I/O thread, on which it never waits; outlives the coroutines of fetch().
class image_fetcher {
public:
    image_fetcher(boost::asio::any_io_executor executor, fetch_options options);
    ~image_fetcher();

    /// The bytes behind the URL. Errors: validation_error (no URL, or none that is allowed), image_not_fetched (what
    /// the host did), file_too_large, queue_full, deadline_exceeded, client_closed_request.
    boost::asio::awaitable<result<std::string>> fetch(request_context context, std::string url);
    /// Several, of which a few are under way at the same time; results in the order of the URLs.
    boost::asio::awaitable<std::vector<result<std::string>>> fetch_all(request_context context,
                                                                       std::vector<std::string> urls);

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::fetch
