// Inference of a checked request: images by URL fetched, all images classified. The same for every transport.
#pragma once

#include "infer_answer.hpp"
#include "infer_request.hpp"
#include "model_directory.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/request.hpp"
#include "sma/http/response.hpp"

#include <boost/asio/awaitable.hpp>

namespace sma::api::inference_protocol {

struct inference_result {
    named_model model;  ///< that gave it
    inferred what;
};

/// I/O thread. What it is given must outlive it.
class inference {
public:
    /// `fetcher` may be null: then there are no images by URL.
    explicit inference(fetch::image_fetcher* fetcher) : fetcher_(fetcher) {}

    /// Adds timings and log fields to `response`. `r` and `request` must stay until it ends. One image that fails is
    /// the error of the request.
    boost::asio::awaitable<result<inference_result>> run(http::request const& r, named_model asked,
                                                         infer_request& request, http::response& response);

private:
    boost::asio::awaitable<result<void>> fetch(request_context context, infer_request& request);

    fetch::image_fetcher* fetcher_;
};

/// The context of `r`, with the deadline of the request's own parameter `timeout` if that is earlier.
request_context with_timeout(http::request const& r, infer_request const& request);

}  // namespace sma::api::inference_protocol
