// Decoding of one request's images in the worker pool.
#pragma once

#include "pixel_budget.hpp"
#include "sma/core/metrics.hpp"
#include "sma/core/tensor_buffer.hpp"
#include "sma/core/worker_pool.hpp"
#include "sma/serving/decode_pool.hpp"

#include <memory>
#include <string_view>

namespace sma::serving {

/// What all jobs of a decode pool share. Outlives them. Thread-safe.
struct decode_resources {
    decode_resources(decode_pool_options const& options, metrics& m)
        : images_max(options.images_max),
          arbiter(options.arbiter),
          counters(m),
          pixels(options.pixels_max),
          tensors(std::make_shared<tensor_pool>(options.images_max)) {}

    std::size_t const images_max;
    std::shared_ptr<cpu_arbiter> const arbiter;
    metrics& counters;
    pixel_budget pixels;
    std::shared_ptr<tensor_pool> const tensors;
};

/// One part an image, so that one request's images spread over the threads.
class decode_job final : public worker_job {
public:
    /// Takes `done` over unless it throws.
    decode_job(decode_request&& r, decode_resources& shared, std::unique_ptr<completion<result<decode_output>>>& done);

    void run(std::size_t index, worker_state* state) override;
    void fail(std::size_t index, errc why) override;
    void complete() override;
    /// Answers the whole request with an error.
    void refuse(errc why);

private:
    result<tensor_buffer> decode(image::image_work& work, std::size_t index);
    result<tensor_buffer> pack(image::image_work& work, std::string_view planes);
    void store(std::size_t index, result<tensor_buffer> image);

    steady_time const submitted_ = std::chrono::steady_clock::now();
    decode_resources& shared_;
    decode_request request_;
    decode_output output_;
    std::unique_ptr<completion<result<decode_output>>> done_;
};

/// The error of an image or of a request whose images were not decoded for the reason `why`.
error not_decoded(errc why, std::size_t images_max);

}  // namespace sma::serving
