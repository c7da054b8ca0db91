#include "host_stream.hpp"

#include "sma/core/ip_network.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sma::fetch {
namespace asio = boost::asio;

asio::awaitable<host_stream::error_code> host_stream::shake_hands(asio::ssl::context& context,
                                                                  std::string const& host) {
    tls_ = std::make_unique<asio::ssl::stream<tcp_stream&>>(tcp_, context);
    // RFC 6066 section 3: names only.
    if (!ip_address::parse(host)) SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str());
    tls_->set_verify_callback(asio::ssl::host_name_verification(host));
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    auto const [failed] = co_await tls_->async_handshake(asio::ssl::stream_base::client, token);
    co_return failed;
}

}  // namespace sma::fetch
