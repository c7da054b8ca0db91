// FIFO queue of requests for the inference thread, and the choice of the next batch from it.
#pragma once

#include "service_estimate.hpp"
#include "sma/core/completion.hpp"
#include "sma/serving/batch_policy.hpp"
#include "sma/serving/inference_request.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

namespace sma::serving {

/// A request in the queue. Created by the submitter; from then on it belongs to the inference thread.
struct pending_request {
    pending_request(inference_request&& r, steady_time now)
        : logits(r.images.size()),
          features(r.wanted.any() ? r.images.size() : 0),
          request(std::move(r)),
          enqueued_at(now) {}

    std::size_t remaining() const noexcept { return logits.size() - next; }
    /// Answers the images that no batch has taken yet.
    void drop_rest(error const& why);
    /// Moves the answer out, as of `now`: one error if every image has the same or the deadline has passed.
    result<inference_output> take_answer(steady_time now);

    std::vector<result<std::vector<float>>> logits;
    std::vector<image_features> features;  ///< empty unless wanted
    inference_request request;
    std::unique_ptr<completion<result<inference_output>>> done;
    steady_time enqueued_at;
    steady_time began_at{};  ///< the first batch; meaningful if first_batch_size > 0
    int first_batch_size = 0;
    std::vector<tracing::span_context> batches;  ///< that images went through; none unless traced
    std::size_t next = 0;                        ///< images before this one were taken or dropped
    std::size_t cancelled = 0;                   ///< images dropped because the client left
    std::size_t expired = 0;                     ///< images dropped because of the deadline
};

/// Images that go through the engine together. Filled by batch_queue::take, used by the inference thread.
struct batch {
    struct item {
        pending_request* from;
        std::size_t index;
    };

    std::shared_ptr<model_instance> model;
    std::vector<item> items;
    std::vector<std::unique_ptr<pending_request>> last_of;  ///< requests of which nothing is left in the queue
    std::vector<std::unique_ptr<pending_request>> dropped;  ///< to be answered before the batch is run

    void clear() noexcept;
};

/// First in, first out. Not thread-safe: guarded by its owner's mutex.
class batch_queue {
public:
    /// Takes r over, unless it throws std::bad_alloc.
    void push(std::unique_ptr<pending_request>& r);

    /// The queue's state for the policy. Its `images` also counts those that take() is going to drop.
    queue_view view() const noexcept;
    /// Places that the requests hold in the queue_capacity, those of images that are done included.
    std::size_t places() const noexcept { return places_; }

    /// Fills `out` with the first images of one model, at most `size_max`, and so few that by the estimate the tightest
    /// deadline among them can be met. Drops on the way the images that were cancelled, have expired or cannot be met
    /// even alone. Takes or drops at least one image unless the queue is empty. Does not allocate if the capacity of
    /// out's vectors is `size_max` items and as many requests as wait.
    void take(int size_max, service_estimate const& estimate, steady_time now, batch& out);

    /// Drops the first requests as long as they were cancelled or have expired.
    void drop_dead(steady_time now, batch& out);
    /// Drops everything.
    void drop_all(error const& why, batch& out);

private:
    void drop_front(error const& why, batch& out);
    void move_front(std::size_t images, steady_time now, batch& out);

    std::deque<std::unique_ptr<pending_request>> requests_;
    std::size_t images_ = 0;
    std::size_t places_ = 0;
};

}  // namespace sma::serving
