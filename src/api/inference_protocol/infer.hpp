// POST /v2/models/{model}/infer.
#pragma once

#include "infer_answer.hpp"
#include "model_directory.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/http/endpoint.hpp"
#include "sma/serving/classifier.hpp"

#include <vector>

namespace sma::api::inference_protocol {

/// I/O thread; long JSON is read and written on a decode thread.
class infer : public http::endpoint {
public:
    infer(model_directory const& models, serving::classifier& classifier, worker_pool& workers)
        : models_(models), classifier_(classifier), workers_(workers) {}

    result<void> admit(http::request const& head) override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    boost::asio::awaitable<result<infer_request>> read(http::request const& r, request_rules rules);
    boost::asio::awaitable<infer_answer> write(infer_request const& request, serving::classification const& c,
                                               std::vector<std::vector<float>> const& rows, request_context context);

    model_directory const& models_;
    serving::classifier& classifier_;
    worker_pool& workers_;
};

}  // namespace sma::api::inference_protocol
