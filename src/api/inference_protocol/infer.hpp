// POST /v2/models/{model}/infer.
#pragma once

#include "infer_answer.hpp"
#include "inference.hpp"
#include "model_directory.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/http/endpoint.hpp"

namespace sma::api::inference_protocol {

/// I/O thread; long JSON is read and written on a decode thread.
class infer : public http::endpoint {
public:
    /// `fetcher` may be null: then there are no images by URL.
    infer(model_directory const& models, worker_pool& workers, fetch::image_fetcher* fetcher)
        : models_(models), inference_(fetcher), workers_(workers) {}

    result<void> admit(http::request const& head) override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    boost::asio::awaitable<result<infer_request>> read(http::request const& r, request_rules rules);
    boost::asio::awaitable<infer_answer> write(infer_request const& request, inference_result const& done,
                                               request_context context);

    model_directory const& models_;
    inference inference_;
    worker_pool& workers_;
};

}  // namespace sma::api::inference_protocol
