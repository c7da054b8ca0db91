#include "grpc_listener.hpp"

#include "component_options.hpp"
#include "parts.hpp"
#include "sma/core/logging.hpp"

namespace sma::app {

grpc_listener::grpc_listener(boost::asio::io_context& io, api::service const& service, fetch::image_fetcher* fetcher,
                             http::server& server)
    : procedures_(io, service, fetcher, server, procedure_options(service.configuration)) {}

result<std::string> grpc_listener::listen(settings const& s) {
    auto const part = parts::grpc();
    if (!part) return part.error();
    auto options = grpc_options(s);
    options.log = [](std::string_view what) { log::debug("gRPC", {{"what", what}}); };
    auto started = (*part)->start(options, procedures_);
    if (!started) return started.error();
    server_ = std::move(*started);
    return server_->url();
}

void grpc_listener::drain(std::chrono::milliseconds timeout) {
    if (!server_) return;
    procedures_.drain();
    server_->drain(timeout);
}

}  // namespace sma::app
