// Classifier with a cache: identical images are answered from memory, or share one forward pass while in flight.
#pragma once

#include "sma/serving/content_hasher.hpp"
#include "sma/serving/image_classifier.hpp"
#include "sma/serving/logits_cache.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace sma {
class metrics;
}

namespace sma::serving {

class single_flight;

struct cache_options {
    std::size_t bytes_max = 0;
    std::size_t images_max = 128;  ///< waiting to be hashed; more go past the cache
    std::string settings;          ///< text of everything that determines an answer besides the bytes and the model
    std::function<result<std::shared_ptr<model_instance>>()> current_model;
    logits_cache::clock now = [] { return std::chrono::steady_clock::now(); };  ///< for the age of answers
};

/// Wraps a classifier. The key of an answer is the SHA-256 of the image's bytes, the model's weights and
/// pre-processing, and the settings. Requests that want features go past the cache. Only answers are cached, never
/// errors; but an error of the image itself (it does not decode) goes to all that share the flight. If the leader is
/// cancelled or fails for a reason of its own (its client left, the queue is full, its deadline passed), a waiting
/// follower becomes the leader. Owned by the composition; classify() and clear() belong to the I/O thread, and the
/// executors of the requests must outlive it.
class caching_classifier final : public image_classifier {
public:
    caching_classifier(image_classifier& inner, cache_options options, metrics& m);
    ~caching_classifier() override;

    result<void> check(std::size_t images, steady_time deadline) const override;
    boost::asio::awaitable<result<classification>> classify(request_context context,
                                                            std::vector<std::string_view> images,
                                                            wanted_features wanted) override;
    /// Drops every answer, after the model was reloaded.
    void clear();

private:
    struct job;
    std::string fingerprint_of(model_instance const& model) const;
    void use_model(std::shared_ptr<model_instance> const& model);
    void take_hits(job& j);
    void split(job& j);
    bool take_own(job& j, classification& done);
    void take_shared(job& j);
    boost::asio::awaitable<result<void>> complete(job& j);
    boost::asio::awaitable<result<void>> classify_own(job& j);
    boost::asio::awaitable<result<void>> wait_for_others(job& j);

    image_classifier& inner_;
    cache_options const options_;
    metrics& metrics_;
    logits_cache cache_;
    std::weak_ptr<model_instance> model_;  ///< whose answers the cache holds
    std::shared_ptr<single_flight> flights_;
    content_hasher hasher_;  // last: its thread ends first
};

}  // namespace sma::serving
