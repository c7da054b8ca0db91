// Inference of a checked request: images by URL fetched, all images classified. The same for every transport.
#pragma once

#include "infer_answer.hpp"
#include "infer_request.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/request.hpp"
#include "sma/http/response.hpp"
#include "sma/serving/classifier.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace sma::api::inference_protocol {

struct inference_result {
    std::shared_ptr<serving::model_instance> model;  ///< that gave it
    inferred what;
};

/// I/O thread. What it is given must outlive it.
class inference {
public:
    /// `fetcher` may be null: then there are no images by URL.
    inference(serving::classifier& classifier, fetch::image_fetcher* fetcher)
        : classifier_(classifier), fetcher_(fetcher) {}

    /// Adds timings and log fields to `response`. `r` and `request` must stay until it ends. One image that fails is
    /// the error of the request.
    boost::asio::awaitable<result<inference_result>> run(http::request const& r, infer_request& request,
                                                         http::response& response);
    /// Checks whether a request would be admitted now.
    result<void> check(steady_time deadline) const { return classifier_.check(1, deadline); }

private:
    boost::asio::awaitable<result<void>> fetch(request_context context, infer_request& request);

    serving::classifier& classifier_;
    fetch::image_fetcher* fetcher_;
};

/// The context of `r`, with the deadline of the request's own parameter `timeout` if that is earlier.
request_context with_timeout(http::request const& r, infer_request const& request);

}  // namespace sma::api::inference_protocol
