// Inbox of the loader thread: loads, models to be freed, and the end.
#pragma once

#include "sma/core/thread_annotations.hpp"
#include "sma/serving/model_instance.hpp"

#include <cstdint>
#include <memory>

namespace sma::serving {

/// Shared by the model manager and by every model that came from it, so that it outlives them all. Thread-safe.
class loader_inbox {
public:
    struct job {
        std::uint64_t load = 0;  ///< its number, from 1; 0: none
        bool return_memory = false;
        bool stop = false;
    };

    /// Converts a model to a shared one. When its last user is done, on whatever thread, it is handed to the loader
    /// thread, which frees its memory: that may take long, and must delay neither the inference thread nor the I/O
    /// thread.
    static std::shared_ptr<model_instance> share(std::shared_ptr<loader_inbox> inbox,
                                                 std::unique_ptr<model_instance> model);

    /// Queues one load, however often it is called before the loader thread begins it. Returns that load's number.
    std::uint64_t ask_for_load();
    /// A load that is queued will not begin. Returns the number of the last load that was asked for.
    std::uint64_t skip_loads();
    void ask_to_return_memory();
    void ask_to_stop();

    /// Called by the loader thread: frees the models that were handed in, and returns when there is another job. After
    /// `stop` no more models are accepted: the thread that drops one frees it.
    job next();

private:
    /// A model and its place in the list of those to be freed, made with the model so that handing it in cannot fail.
    struct retiree {
        std::unique_ptr<model_instance> model;
        std::shared_ptr<loader_inbox> inbox;
        retiree* next = nullptr;
    };

    void retire(retiree* r) noexcept;
    static void free_all(retiree* list) noexcept;

    mutex mutex_;
    std::condition_variable changed_;
    bool load_ SMA_GUARDED_BY(mutex_) = false;
    bool return_memory_ SMA_GUARDED_BY(mutex_) = false;
    std::uint64_t loads_begun_ SMA_GUARDED_BY(mutex_) = 0;
    bool stop_ SMA_GUARDED_BY(mutex_) = false;
    bool closed_ SMA_GUARDED_BY(mutex_) = false;
    retiree* retired_ SMA_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace sma::serving
