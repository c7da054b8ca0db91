// Queue of a decode pool: images in order of submission, shared by the threads.
#pragma once

#include "sma/core/metrics.hpp"
#include "sma/core/thread_annotations.hpp"
#include "sma/image/decode_pool.hpp"

#include <condition_variable>
#include <deque>
#include <optional>
#include <thread>

namespace sma::image {

/// Thread-safe. The queue holds images, not requests, so that one request's images spread over the threads.
class decode_queue {
public:
    decode_queue(decode_pool_options options, metrics& m, image_work_factory factory);
    ~decode_queue();

    void submit(decode_request request, std::unique_ptr<completion<result<decode_output>>> done);
    void submit(request_context context, std::function<void()> work, std::unique_ptr<completion<result<void>>> done);
    void free_spares() noexcept { tensors_->free_spares(); }

private:
    /// One request on its way: its answer is filled in by several threads and sent by the one that finishes its last
    /// image. Other work is a request of one image without bytes, whose answer is only whether it went well.
    struct submission {
        submission(decode_request&& r, std::unique_ptr<completion<result<decode_output>>>& d);
        submission(request_context&& c, std::function<void()>&& w, std::unique_ptr<completion<result<void>>>& d);

        void refuse(error why);
        void complete();

        steady_time submitted = std::chrono::steady_clock::now();
        decode_output output;
        std::size_t images_left;  ///< under the pool's mutex
        decode_request request;
        std::function<void()> work;  ///< instead of decoding
        std::unique_ptr<completion<result<decode_output>>> done;
        std::unique_ptr<completion<result<void>>> work_done;
    };

    struct task {
        std::shared_ptr<submission> job;
        std::size_t index;
    };

    template <class Done, class... Arguments>
    void start(Done& done, Arguments&&... arguments);
    std::optional<error> enqueue(std::shared_ptr<submission> const& job);
    void run(image_work& work);
    bool take(task& next);
    result<tensor_buffer> handle(image_work& work, submission& job, std::size_t index);
    result<tensor_buffer> decode(image_work& work, submission& job, std::string_view bytes);
    result<tensor_buffer> pack(submission const& job, std::string_view planes);
    bool reserve_pixels(std::int64_t pixels, request_context const& context);
    void release_pixels(std::int64_t pixels);
    void finish(task const& t, result<tensor_buffer> image);
    void bring_dead_forward() SMA_REQUIRES(mutex_);
    static bool is_dead(task const& t, steady_time now) noexcept;

    decode_pool_options const options_;
    metrics& metrics_;
    image_work_factory const factory_;
    std::shared_ptr<tensor_pool> const tensors_;

    mutex mutex_;
    std::condition_variable work_arrived_;
    std::condition_variable_any pixels_freed_;
    std::deque<task> queue_ SMA_GUARDED_BY(mutex_);
    std::size_t images_ SMA_GUARDED_BY(mutex_) = 0;  ///< queued or being decoded
    std::size_t dead_in_front_ SMA_GUARDED_BY(mutex_) =
        0;  ///< queued images that are only to be answered; they use no capacity
    std::int64_t pixels_ SMA_GUARDED_BY(mutex_) = 0;  ///< of the images being decoded
    bool stopping_ SMA_GUARDED_BY(mutex_) = false;
    std::vector<std::jthread> threads_;  // last: the threads use everything above
};

}  // namespace sma::image
