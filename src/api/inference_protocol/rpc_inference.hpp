// Inference request of a remote procedure call, from its message to its answer.
#pragma once

#include "inference.hpp"
#include "model_directory.hpp"
#include "rpc_outcome.hpp"
#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/http/foreign_request.hpp"

#include <boost/asio/awaitable.hpp>

namespace sma::api::inference_protocol {

/// I/O thread. What it is given must outlive it.
class rpc_inference {
public:
    /// `fetcher` may be null: then there are no images by URL.
    rpc_inference(service const& s, fetch::image_fetcher* fetcher) : models_(s), inference_(fetcher) {}

    /// `asked` and what it refers to must stay until it ends.
    boost::asio::awaitable<rpc_outcome> run(rpc_infer_request& asked, http::foreign_request& request);

private:
    model_directory const models_;
    inference inference_;
};

}  // namespace sma::api::inference_protocol
