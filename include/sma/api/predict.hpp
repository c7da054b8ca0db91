// Endpoint POST /predict.
#pragma once

#include "sma/api/uploads.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/endpoint.hpp"
#include "sma/serving/served_models.hpp"

#include <string_view>
#include <vector>

namespace sma::api {

/// I/O thread; long JSON is read, and written, on a decode thread. Holds references to what the composition owns.
class predict : public http::endpoint {
public:
    /// `fetcher` may be null: then there are no images by URL.
    predict(serving::served_models const& models, worker_pool& workers, fetch::image_fetcher* fetcher,
            upload_limits limits)
        : models_(models), uploads_(workers, fetcher, limits) {}

    /// Refuses, before the body is read, a request that cannot be served.
    result<void> admit(http::request const& head) override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    /// One classification for each of `asked`. Only an only model's may come from the prediction cache.
    boost::asio::awaitable<result<std::vector<serving::classification>>> classify(
        std::vector<serving::served_model const*> asked, request_context context, std::vector<std::string_view> files,
        serving::wanted_features wanted);

    serving::served_models const& models_;
    uploads uploads_;
};

}  // namespace sma::api
