// Comparison of a model with its shadow, which classifies images of its requests once more when there is time.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/shadow_metrics.hpp"
#include "sma/serving/classification_observer.hpp"
#include "sma/serving/image_classifier.hpp"
#include "sma/serving/model_instance.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace sma::serving {

struct shadow_options {
    std::string model;  ///< the names, for the log
    std::string shadow;
    double share = 1;                               ///< of the requests, 0 to 1
    std::size_t images_max = 32;                    ///< waiting; more are dropped
    std::size_t bytes_max = std::size_t{32} << 20;  ///< of them
    std::chrono::milliseconds timeout{30'000};      ///< of one image
    std::chrono::minutes summary_interval{10};      ///< between two lines of the log, at least
    /// As model_manager::current() says.
    std::function<result<std::shared_ptr<model_instance>>()> current_model;
    std::function<result<std::shared_ptr<model_instance>>()> current_shadow;
    std::function<bool()> is_idle;   ///< whether no request waits for anything
    std::function<double()> random;  ///< from 0 to just below 1
    std::function<steady_time()> now = [] { return std::chrono::steady_clock::now(); };
};

/// Figures since the model, or its shadow, became another: by a load or by promoting.
struct shadow_report {
    std::uint64_t compared = 0;             ///< images
    std::uint64_t agreed = 0;               ///< with the same class first
    double mean_confidence = 0;             ///< of the model in its first class
    double mean_shadow_confidence = 0;      ///< of the shadow in its own
    double mean_confidence_difference = 0;  ///< between the two, without its sign
    double mean_ms = 0;                     ///< the shadow's decoding and forward pass
    std::uint64_t dropped = 0;              ///< images
    std::string reason;                     ///< why nothing is compared; mostly empty
};

/// Keeps a copy of the files of some requests, and classifies one at a time by the shadow, each when `is_idle`. Nobody
/// waits for it, and no answer comes from it. Images that the cache has answered and tensors are not seen here. Made by
/// the composition; belongs to the I/O thread, on whose executor it runs and which must outlive what it has begun.
class shadow_comparison final : public classification_observer {
public:
    shadow_comparison(boost::asio::any_io_executor executor, image_classifier& shadow, shadow_options options,
                      shadow_metrics m);

    void saw(request_context const& context, std::span<std::string_view const> files,
             classification const& c) noexcept override;

    /// To be called when one of the models may have become another. Begins the figures anew if so, drops what waits,
    /// and says in the log if the two cannot be compared: their labels must be the same.
    void refresh();
    /// Drops what waits, gives up the image in progress, and takes no more.
    void stop();

    shadow_report report() const;
    /// A line of the log with the figures.
    void log_summary(std::string_view event) const;

private:
    struct waiting_image {
        std::string file;
        std::string correlation_id;
        int first_class;
        double confidence;
    };
    struct sums {
        std::uint64_t compared = 0;
        std::uint64_t agreed = 0;
        double confidence = 0;
        double shadow_confidence = 0;
        double difference = 0;
        double ms = 0;
        std::uint64_t dropped = 0;
    };

    bool is_chosen();
    void keep(request_context const& context, std::span<std::string_view const> files, classification const& c);
    char const* keep_one(request_context const& context, std::string_view file, std::vector<float> const& logits,
                         model_instance const& model);
    void start();
    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> classify(waiting_image const& image);
    waiting_image take_next();
    void take(waiting_image const& image, std::uint64_t pair, result<classification> const& c);
    void count(waiting_image const& image, std::vector<float> const& logits, classification const& c);
    void drop(std::string_view reason, std::size_t images);
    void drop_waiting(std::string_view reason);

    boost::asio::any_io_executor const executor_;
    image_classifier& shadow_;
    shadow_options const options_;
    shadow_metrics const metrics_;
    std::deque<waiting_image> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool running_ = false;
    std::stop_source stopping_;
    std::weak_ptr<model_instance> model_of_pair_;
    std::weak_ptr<model_instance> shadow_of_pair_;
    std::uint64_t pair_ = 0;  ///< how often it has changed
    std::string reason_ = "the model and its shadow are not loaded";
    sums sums_;
    steady_time summary_at_{};  ///< of the last one; none before the first image
};

}  // namespace sma::serving
