// Endpoint POST /predict.
#pragma once

#include "sma/api/image_sources.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/endpoint.hpp"
#include "sma/serving/image_classifier.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace sma::api {

struct prediction_choice;

struct predict_options {
    std::size_t images_max;
    std::size_t image_bytes_max;
    std::chrono::milliseconds timeout_max;  ///< maximum of timeout_ms
    double min_confidence;                  ///< of a request that does not say
};

/// I/O thread; long JSON is read, and written, on a decode thread. Holds references to what the composition owns.
class predict : public http::endpoint {
public:
    /// `fetcher` may be null: then there are no images by URL.
    predict(serving::image_classifier& classifier, worker_pool& workers, fetch::image_fetcher* fetcher,
            predict_options options)
        : classifier_(classifier), workers_(workers), fetcher_(fetcher), options_(options) {}

    /// Refuses, before the body is read, a request that cannot be served.
    result<void> admit(http::request const& head) override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    boost::asio::awaitable<result<image_sources>> find(http::request const& r);
    boost::asio::awaitable<result<void>> fetch(http::request const& r, image_sources& found);
    boost::asio::awaitable<result<std::string>> write(http::request const& r, image_sources const& found,
                                                      serving::classification const& c,
                                                      prediction_choice const& choice);

    serving::image_classifier& classifier_;
    worker_pool& workers_;
    fetch::image_fetcher* fetcher_;
    predict_options options_;
};

}  // namespace sma::api
