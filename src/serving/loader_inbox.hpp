// Inbox of the loader thread: loads, models to be freed, and the end.
#pragma once

#include "sma/core/thread_annotations.hpp"
#include "sma/serving/model_instance.hpp"

#include <cstdint>
#include <memory>

namespace sma::serving {

/// Gives freed memory back to the system. Weights, of a model that has gone or of a load that failed, are many blocks
/// of a size that the allocator keeps for the next time; there may be none.
void return_freed_memory() noexcept;

/// Shared by the model manager and by every model that came from it, so that it outlives them all. Thread-safe.
class loader_inbox {
public:
    struct job {
        std::uint64_t load = 0;  ///< its number, from 1; 0: none
        bool return_memory = false;
        bool stop = false;
    };

    /// Makes a model shared. When its last user is done, on whatever thread, it is handed to the loader thread, which
    /// frees its memory: that may take long, and must hold up neither the inference thread nor a socket's.
    static std::shared_ptr<model_instance> share(std::shared_ptr<loader_inbox> inbox,
                                                 std::unique_ptr<model_instance> model);

    /// However often it is asked before the loader thread gets to it, one load follows: this is its number.
    std::uint64_t ask_for_load();
    void ask_to_return_memory();
    void ask_to_stop();

    /// The loader thread's: frees what was handed in, and returns when there is something else to do. After `stop`
    /// nothing takes models in any more: the thread that drops one frees it.
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
