// Endpoint POST /predict.
#pragma once

#include "sma/api/uploads.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/endpoint.hpp"
#include "sma/serving/image_classifier.hpp"

namespace sma::api {

struct predict_options {
    upload_limits limits;
    double min_confidence;  ///< of a request that does not say
};

/// I/O thread; long JSON is read, and written, on a decode thread. Holds references to what the composition owns.
class predict : public http::endpoint {
public:
    /// `fetcher` may be null: then there are no images by URL.
    predict(serving::image_classifier& classifier, worker_pool& workers, fetch::image_fetcher* fetcher,
            predict_options options)
        : classifier_(classifier), uploads_(workers, fetcher, options.limits), options_(options) {}

    /// Refuses, before the body is read, a request that cannot be served.
    result<void> admit(http::request const& head) override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    serving::image_classifier& classifier_;
    uploads uploads_;
    predict_options options_;
};

}  // namespace sma::api
