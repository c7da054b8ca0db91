// Interface for classifying images; implemented by classifier and caching_classifier.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/image/dimensions.hpp"
#include "sma/serving/image_features.hpp"
#include "sma/serving/model_instance.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace sma::serving {

struct classification {
    std::shared_ptr<model_instance> model;           ///< whose labels the classes are
    std::vector<result<std::vector<float>>> logits;  ///< one an image, in order
    std::vector<image_features> features;            ///< likewise; none unless wanted
    std::vector<image::dimensions> sizes;            ///< likewise: oriented; 0 x 0 of what is no file; none if cached
    double decode_ms = 0;
    double queue_ms = 0;
    double infer_ms = 0;
    int batch_size = 0;
    std::optional<std::chrono::seconds> age;  ///< of the oldest answer, if all of them came from the cache
};

/// Owned by the composition, outlives every request.
class image_classifier {
public:
    virtual ~image_classifier() = default;

    /// Checks whether a request of n images would be admitted now: model_not_loaded, shutting_down, queue_full,
    /// deadline_exceeded.
    virtual result<void> check(std::size_t images, steady_time deadline) const = 0;

    /// `images` (encoded files) must stay valid until it returns. Error, among others: validation_error, if the model
    /// has no such features as are wanted.
    virtual boost::asio::awaitable<result<classification>> classify(request_context context,
                                                                    std::vector<std::string_view> images,
                                                                    wanted_features wanted) = 0;
};

}  // namespace sma::serving
