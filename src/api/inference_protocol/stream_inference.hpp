// ModelStreamInfer: inference requests of one call that run side by side, and their answers.
#pragma once

#include "rpc_inference.hpp"
#include "rpc_outcome.hpp"
#include "rpc_stream.hpp"
#include "rpc_writer.hpp"
#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/core/request_context.hpp"
#include "sma/http/foreign_request.hpp"
#include "sma/http/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace sma::api::inference_protocol {

/// Serves any number of streams. I/O thread. Kept by the coroutines of its streams; what it is given must outlive them.
class stream_inference : public std::enable_shared_from_this<stream_inference> {
public:
    /// `requests_max` of one stream are in flight; more are not read yet.
    stream_inference(boost::asio::io_context& io, http::server& server, rpc_inference const& inference,
                     rpc_writer const& writer, std::size_t requests_max)
        : io_(io), server_(server), inference_(inference), writer_(writer), requests_max_(requests_max) {}

    /// Until the client has no more requests and all are answered. Each has an access line, a key check and metrics of
    /// its own. Errors: shutting_down, client_closed_request; the error of one request does not end the stream.
    boost::asio::awaitable<rpc_outcome> serve(std::shared_ptr<rpc_call> call, http::foreign_request& opened);

    /// From now on streams end when what they have asked for is answered.
    void drain();

private:
    static boost::asio::awaitable<void> read(std::shared_ptr<stream_inference> self, std::shared_ptr<rpc_call> call,
                                             std::shared_ptr<rpc_stream> stream, request_context context);
    static boost::asio::awaitable<void> serve_one(std::shared_ptr<stream_inference> self,
                                                  std::shared_ptr<rpc_call> call, std::shared_ptr<rpc_stream> stream,
                                                  rpc_stream::place place, std::shared_ptr<rpc_message> message,
                                                  request_context context);
    boost::asio::awaitable<rpc_outcome> answer_one(rpc_call& call, rpc_message& message,
                                                   request_context const& context);
    boost::asio::awaitable<rpc_outcome> produce_one(rpc_message& message, http::foreign_request& request);

    boost::asio::io_context& io_;
    http::server& server_;
    rpc_inference inference_;
    rpc_writer const writer_;
    std::size_t const requests_max_;
    bool draining_ = false;
    std::vector<rpc_stream*> streams_;
};

}  // namespace sma::api::inference_protocol
