// Images that requests bring, or name by URL, and the bodies that answer them.
#pragma once

#include "sma/api/image_sources.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/request.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace sma::api {

struct upload_limits {
    std::size_t images_max;
    std::size_t image_bytes_max;
    std::chrono::milliseconds timeout_max;  ///< maximum of timeout_ms
};

/// I/O thread; what is long is read and written on a decode thread. Holds references to what the composition owns.
class uploads {
public:
    /// `fetcher` may be null: then there are no images by URL.
    uploads(worker_pool& workers, fetch::image_fetcher* fetcher, upload_limits limits)
        : workers_(workers), fetcher_(fetcher), limits_(limits) {}

    /// The images of a request, of which at least one is there. Errors: those of find_images() and of fetching,
    /// file_too_large, validation_error (also of timeout_ms), and those of the workers.
    boost::asio::awaitable<result<image_sources>> read(http::request const& r);
    /// The body that `make` gives.
    boost::asio::awaitable<result<std::string>> write(http::request const& r, bool is_long,
                                                      std::function<std::string()> make);

private:
    boost::asio::awaitable<result<image_sources>> find(http::request const& r);
    boost::asio::awaitable<result<void>> fetch(http::request const& r, image_sources& found);

    worker_pool& workers_;
    fetch::image_fetcher* fetcher_;
    upload_limits limits_;
};

}  // namespace sma::api
