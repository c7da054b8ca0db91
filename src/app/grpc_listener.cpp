#include "grpc_listener.hpp"

#include "component_options.hpp"
#include "parts.hpp"
#include "sma/core/logging.hpp"
#include "sma/core/parse_number.hpp"

namespace sma::app {
namespace {

// "unix:/path", "127.0.0.1:8001" or "[::1]:8001"; the rule of the setting has passed it.
result<http::listening_socket> listen_on(std::string_view address) {
    constexpr std::string_view scheme = "unix:";
    if (address.starts_with(scheme)) return http::listen_on_unix(std::string(address.substr(scheme.size())));
    auto const colon = address.rfind(':');
    auto host = address.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return http::listen_on_tcp(std::string(host), parse_number<std::uint16_t>(address.substr(colon + 1)).value());
}

// With gRPC's scheme.
std::string shown(std::string const& url, bool tls) {
    constexpr std::string_view http = "http://";
    if (!url.starts_with(http)) return url;
    return (tls ? "grpcs://" : "grpc://") + url.substr(http.size());
}

}  // namespace

grpc_listener::grpc_listener(boost::asio::io_context& io, api::service const& service, fetch::image_fetcher* fetcher,
                             http::server& server)
    : io_(io), procedures_(io, service, fetcher, server, procedure_options(service.configuration)) {}

result<std::string> grpc_listener::listen(settings const& s) {
    auto const part = parts::grpc();
    if (!part) return part.error();
    auto options = grpc_options(s);
    options.log = [](std::string_view what) { log::debug("gRPC", {{"what", what}}); };
    auto socket = listen_on(s.grpc_listen);
    if (!socket) return socket.error();
    auto started = (*part)->start(options, procedures_);
    if (!started) return started.error();
    server_ = std::move(*started);
    auto const url = shown(socket->url, !options.tls_certificate.empty());
    auto const take = [this](unique_fd connection) { server_->add_connection(std::move(connection)); };
    acceptor_ =
        std::make_shared<grpc_acceptor>(io_, std::move(*socket), static_cast<std::size_t>(s.max_connections), take);
    acceptor_->start();
    return url;
}

grpc_listener::~grpc_listener() {
    if (acceptor_) acceptor_->close();
}

void grpc_listener::drain(std::chrono::milliseconds timeout) {
    if (!server_) return;
    acceptor_->close();
    procedures_.drain();
    server_->drain(timeout);
}

}  // namespace sma::app
