// Listener for gRPC (setting `grpc_listen`).
#pragma once

#include "grpc_acceptor.hpp"

#include "sma/api/inference_protocol/procedures.hpp"
#include "sma/api/service.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/grpc/grpc_part.hpp"
#include "sma/http/server.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace sma::app {

/// Acceptor and procedures on the I/O thread, and the part "grpc" with its threads. Owned by the composition, used on
/// the I/O thread; the constructor's arguments must outlive it.
class grpc_listener {
public:
    grpc_listener(boost::asio::io_context& io, api::service const& service, fetch::image_fetcher* fetcher,
                  http::server& server);

    /// Loads the part and listens: blocks. Where it listens, as "grpc://127.0.0.1:8001". Errors: unsupported, which
    /// says what is missing; io_error.
    result<std::string> listen(settings const& s);
    ~grpc_listener();
    /// Closes the listener; then as grpc::server::drain().
    void drain(std::chrono::milliseconds timeout);
    /// True before listen() and once drained.
    bool is_drained() const { return !server_ || server_->is_drained(); }

private:
    boost::asio::io_context& io_;
    api::inference_protocol::procedures procedures_;
    std::unique_ptr<grpc::server> server_;     // it calls procedures_
    std::shared_ptr<grpc_acceptor> acceptor_;  // it gives connections to server_
};

}  // namespace sma::app
