// One GET request for an image, on a connection of its own to an address that was checked.
#pragma once

#include "host_stream.hpp"
#include "image_url.hpp"
#include "sma/core/ip_network.hpp"
#include "sma/core/request_context.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sma::fetch {

struct image_reply {
    std::string body;
    std::optional<std::string> location;  ///< of a redirect, which has no body
};

/// Belongs to one coroutine on the I/O thread; used once. Sends no cookies, no credentials and no referrer.
class image_request {
public:
    image_request(boost::asio::any_io_executor executor, boost::asio::ssl::context& tls, std::size_t bytes_max)
        : stream_(std::move(executor)), tls_context_(tls), bytes_max_(bytes_max) {}

    /// The first address that can be connected to is asked. Until `context.deadline` or its cancellation. Errors:
    /// image_not_fetched, file_too_large, client_closed_request.
    boost::asio::awaitable<result<image_reply>> run(image_url const& url, std::vector<ip_address> const& addresses,
                                                    request_context const& context);

private:
    using error_code = boost::system::error_code;

    boost::asio::awaitable<error_code> connect(image_url const& url, std::vector<ip_address> const& addresses);
    boost::asio::awaitable<result<image_reply>> ask(image_url const& url, std::vector<ip_address> const& addresses);
    boost::asio::awaitable<result<image_reply>> receive();

    host_stream stream_;
    boost::asio::ssl::context& tls_context_;
    boost::beast::flat_buffer received_;
    std::size_t bytes_max_;
};

}  // namespace sma::fetch
