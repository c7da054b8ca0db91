// Batch runner: runs one batch through the engine and gives every image its logits or its error.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/engine/engine.hpp"
#include "sma/serving/image_features.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sma {
class model_metrics;
}

namespace sma::serving {

struct run_report {
    /// For the log: what the engine said of an image that failed with inference_runtime_error.
    struct failure {
        std::size_t index = 0;
        std::string what;
    };

    std::optional<std::chrono::nanoseconds> clean_pass;  ///< its time, if one pass ran the whole batch
    bool ran_out_of_memory = false;                      ///< some part of the batch was run again after bad_alloc
    int largest_pass = 0;                                ///< images of the largest pass that worked
    std::vector<failure> failures;
};

/// What an image wants beside its logits, and where it goes.
struct feature_order {
    wanted_features wanted;
    image_features* to = nullptr;
};

/// Belongs to the inference thread; pass_started() may be called on any.
class batch_runner {
public:
    using image_result = result<std::vector<float>>;

    batch_runner(model_metrics const& m, std::function<steady_time()> now) : metrics_(m), now_(std::move(now)) {}

    /// Runs images.size() >= 1 images; results has as many, and so has `orders` if any image wants features. When
    /// memory runs out it calls release_memory() and runs the batch again in halves, down to one; an image that fails
    /// alone gets out_of_memory. After any other exception it runs the images one by one, so that only the image that
    /// caused it fails, with inference_runtime_error; so do images whose logits are not finite. Does not throw what the
    /// engine throws.
    run_report run(engine::engine& e, std::span<std::byte const* const> images, std::span<image_result> results,
                   std::span<feature_order const> orders = {});

    /// The start of the forward pass that is running now.
    std::optional<steady_time> pass_started() const noexcept;

private:
    enum class outcome { done, out_of_memory, failed };
    struct job;

    void run_part(job& j, std::size_t first, std::size_t count);
    void run_again_after_oom(job& j, std::size_t first, std::size_t count);
    outcome attempt(job& j, std::size_t first, std::size_t count);
    void pass(job& j, std::size_t first, std::size_t count);
    void infer(job& j, std::size_t first, std::size_t count);
    void store(job& j, std::size_t first, std::size_t count);

    model_metrics const& metrics_;
    std::function<steady_time()> now_;
    std::vector<float> logits_;
    std::atomic<steady_time::rep> pass_started_{0};
};

}  // namespace sma::serving
