// Remote procedures of the Open Inference Protocol: what gRPC's clients call.
#pragma once

#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/api/service.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/server.hpp"
#include "sma/serving/classifier.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>

namespace sma::api::inference_protocol {

struct procedure_options {
    std::size_t calls_max = 10'000;        ///< at a time; more are refused with queue_full
    std::size_t stream_requests_max = 16;  ///< of one stream in flight; more are not read yet
};

/// Serves the calls of a transport on the I/O thread, with the keys, rates and limits of `server`. Owned by the
/// composition, outlives the transport; what it is given must outlive it.
class procedures final : public rpc_service {
public:
    /// `fetcher` may be null: then there are no images by URL.
    procedures(boost::asio::io_context& io, service const& s, fetch::image_fetcher* fetcher, http::server& server,
               procedure_options options);
    ~procedures() override;

    void accept(std::shared_ptr<rpc_call> call) override;
    /// I/O thread. From now on streams end when what they have asked for is answered.
    void drain();

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace sma::api::inference_protocol
