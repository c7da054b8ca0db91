// Table of the part "grpc": a gRPC server for the procedures of the Open Inference Protocol.
#pragma once

#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/core/part.hpp"
#include "sma/core/unique_fd.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sma::grpc {

struct server_options {
    std::string tls_certificate;  ///< PEM files; empty: without TLS. gRPC reads them again by itself
    std::string tls_key;
    std::string tls_client_ca;  ///< empty: clients need no certificate
    std::size_t message_bytes_max = 0;
    std::size_t metadata_bytes_max = 0;
    std::size_t memory_bytes_max = 0;  ///< of all connections' buffers
    int calls_per_connection_max = 100;
    std::chrono::milliseconds handshake_timeout{10'000};
    std::chrono::milliseconds idle_timeout{75'000};
    std::function<void(std::string_view)> log;  ///< receives gRPC's own errors, on any thread
};

/// A running server with a thread of its own, beside those of gRPC. It does not listen. The destructor cancels what is
/// left and waits.
class server {
public:
    virtual ~server() = default;

    /// Serves a connected socket, which is non-blocking, and closes it at some time. Any thread; not after drain().
    virtual void add_connection(unique_fd socket) = 0;
    /// Accepts no more calls, tells clients so (GOAWAY), and cancels calls that have not ended after
    /// `timeout`. Returns at once. Once.
    virtual void drain(std::chrono::milliseconds timeout) = 0;
    /// True once the drain has ended: no call is left.
    virtual bool is_drained() const = 0;
};

/// `service` must outlive the server. Error: io_error.
result<std::unique_ptr<server>> start(server_options const& options, api::inference_protocol::rpc_service& service);

/// Immutable; any thread.
struct grpc_part : part {
    decltype(&grpc::start) start = nullptr;
};

}  // namespace sma::grpc
