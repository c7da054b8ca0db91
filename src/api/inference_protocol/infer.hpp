// POST /v2/models/{model}/infer.
#pragma once

#include "infer_answer.hpp"
#include "model_directory.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/endpoint.hpp"

namespace sma::api::inference_protocol {

/// I/O thread; long JSON is read and written on a decode thread.
class infer : public http::endpoint {
public:
    /// `fetcher` may be null: then there are no images by URL.
    infer(model_directory const& models, worker_pool& workers, fetch::image_fetcher* fetcher)
        : models_(models), workers_(workers), fetcher_(fetcher) {}

    result<void> admit(http::request const& head) override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    boost::asio::awaitable<result<infer_request>> read(http::request const& r, request_rules rules);
    boost::asio::awaitable<result<void>> fetch(http::request const& r, infer_request& request);
    boost::asio::awaitable<infer_answer> write(infer_request const& request, named_model const& model,
                                               inferred const& what, request_context context);

    model_directory const& models_;
    worker_pool& workers_;
    fetch::image_fetcher* fetcher_;
};

}  // namespace sma::api::inference_protocol
