// Engines, clocks and images that do what a test tells them to.
#pragma once

#include "sma/core/metrics.hpp"
#include "sma/serving/dispatcher.hpp"

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <future>
#include <mutex>
#include <vector>

namespace sma::serving::test {

using namespace std::chrono_literals;

inline constexpr int fake_classes = 3;
inline constexpr input_format fake_input{1, 1, element_type::f32, 1.0F};

/// An image that carries one number; the fake engine answers {v, v + 0.25, v + 0.5}.
inline tensor_buffer image_of(float v) {
    static auto const pool = std::make_shared<tensor_pool>(64);
    auto buffer = pool->take(fake_input);
    std::memcpy(buffer.data(), &v, sizeof v);
    return buffer;
}

inline float number_in(std::byte const* image) {
    float v = 0;
    std::memcpy(&v, image, sizeof v);
    return v;
}

inline std::vector<float> logits_of(float v) { return {v, v + 0.25F, v + 0.5F}; }

struct whole_metrics {
    metrics whole;
};

/// The metrics of an only model, with the registry that they need.
struct only_model_metrics : whole_metrics, model_metrics {
    only_model_metrics() : model_metrics(whole.of_model()) {}
};

/// Of the image v: the embedding {v, -v}, and for class c the map {v + c, v - c}.
class fake_features : public engine::image_features {
public:
    explicit fake_features(float v) : v_(v) {}
    void read_embedding(std::span<float> to) const override {
        to[0] = v_;
        to[1] = -v_;
    }
    void read_activation_map(int class_index, std::span<float> to) const override {
        to[0] = v_ + static_cast<float>(class_index);
        to[1] = v_ - static_cast<float>(class_index);
    }

private:
    float v_;
};

/// Calls `before_pass` with the numbers of each batch, notes them if that does not throw, answers.
class fake_engine : public engine::engine {
public:
    using batch = std::vector<float>;

    explicit fake_engine(std::function<void(batch const&)> before_pass = {}) : before_pass_(std::move(before_pass)) {}

    sma::engine::description const& describe() const noexcept override { return description_; }
    input_format const& input() const noexcept override { return fake_input; }
    int classes() const noexcept override { return fake_classes; }
    void release_memory() noexcept override { ++releases; }
    bool prepare(int images) override {
        std::lock_guard const lock(mutex_);
        prepared_.push_back(images);
        return prepares_without_pass;
    }

    void infer(std::span<std::byte const* const> images, std::span<float> logits) override {
        batch numbers;
        for (auto const* image : images) numbers.push_back(number_in(image));
        if (before_pass_) before_pass_(numbers);
        auto out = logits.begin();
        for (auto const v : numbers)
            for (auto const x : logits_of(v)) *out++ = x;
        std::lock_guard const lock(mutex_);
        passes_.push_back(std::move(numbers));
    }

    std::optional<sma::engine::feature_shape> features() const noexcept override {
        if (!has_features) return std::nullopt;
        return sma::engine::feature_shape{2, 1, 2};
    }
    void infer_with_features(std::span<std::byte const* const> images, std::span<float> logits,
                             sma::engine::feature_reader const& read) override {
        infer(images, logits);
        ++passes_with_features;
        for (std::size_t i = 0; i < images.size(); ++i) read(i, fake_features(number_in(images[i])));
    }

    /// The batches that went through so far.
    std::vector<batch> passes() const {
        std::lock_guard const lock(mutex_);
        return passes_;
    }

    /// The batch sizes that prepare() was called for.
    std::vector<int> prepared() const {
        std::lock_guard const lock(mutex_);
        return prepared_;
    }

    std::atomic<int> releases{0};
    std::atomic<int> passes_with_features{0};
    bool has_features = true;           ///< set before the engine is used
    bool prepares_without_pass = true;  ///< what prepare() returns; set before the engine is used

private:
    sma::engine::description description_;
    std::function<void(batch const&)> before_pass_;
    mutable std::mutex mutex_;
    std::vector<batch> passes_;
    std::vector<int> prepared_;
};

inline std::shared_ptr<model_instance> model_of(std::unique_ptr<engine::engine> e) {
    auto m = std::make_shared<model_instance>();
    m->engine = std::move(e);
    return m;
}

/// Holds whoever calls pass() until open() is called; wait_for_visitor() returns when somebody is held.
class gate {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
        --waiting_;
    }
    void open() {
        std::lock_guard const lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait_for_visitor() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ > 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool open_ = false;
};

/// Stands still until it is told to move. Thread-safe.
class manual_clock {
public:
    steady_time now() const { return steady_time(steady_time::duration(ticks_.load())); }
    void advance(steady_time::duration d) { ticks_ += d.count(); }
    std::function<steady_time()> reader() {
        return [this] { return now(); };
    }

private:
    std::atomic<steady_time::rep> ticks_{steady_time::duration(1h).count()};
};

inline std::vector<tensor_buffer> images_of(std::vector<float> const& numbers) {
    std::vector<tensor_buffer> images;
    for (auto const v : numbers) images.push_back(image_of(v));
    return images;
}

inline std::future<result<inference_output>> infer(dispatcher& d, std::shared_ptr<model_instance> const& m,
                                                   std::vector<float> const& numbers, request_context context = {}) {
    return d.async_infer(inference_request(std::move(context), m, images_of(numbers)), boost::asio::use_future);
}

inline request_context with_deadline(steady_time deadline) {
    request_context c;
    c.deadline = deadline;
    return c;
}

inline dispatcher_options batches_of(int size) {
    dispatcher_options o;
    o.batch.max_batch_size = size;
    return o;
}

}  // namespace sma::serving::test
