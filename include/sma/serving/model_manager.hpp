// Model manager: loads models, holds the current one and the state of the service.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/model_metrics.hpp"
#include "sma/serving/model_instance.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sma::serving {

enum class state { loading, warming_up, ready, reloading, failed, unloaded, draining };

/// The name in /health: "loading", "warming_up", "healthy" (ready and reloading), "failed", "unloaded", "draining".
std::string_view health_status(state s) noexcept;
/// The name in the model state's metric and in the log.
std::string_view state_name(state s) noexcept;

/// Loads a model's files into an engine. Called on the loader thread; expected failures are results.
using model_loader = std::function<result<std::unique_ptr<model_instance>>()>;

/// Counts of loads and the last error, for /info.
struct load_report {
    std::uint64_t loads = 0;  ///< successful ones
    std::uint64_t failures = 0;
    std::string last_error;     ///< one line, of the last load if that failed, else empty
    bool is_exchanged = false;  ///< it has what its settings give to the manager that exchange() was called with
};

/// Owns the loader thread and the current model. All functions may be called on any thread and do not block; the
/// destructor waits for a load in progress. The loader thread also frees the models that are no longer used. Once the
/// first model is in service it has a low priority, so that a reload does not starve the threads that serve. A model
/// may outlive the manager.
class model_manager {
public:
    /// `on_change` is called on the loader thread (or the thread of drain()) after every change of state, one call at a
    /// time. It must not throw, nor call drain(). `free_spares` frees what others keep for later; it is called on the
    /// loader thread by return_freed_memory() and must not throw. `name` is for the log.
    model_manager(model_loader loader, int warm_up_batch_size, model_metrics m, std::function<void(state)> on_change,
                  std::function<void()> free_spares = {}, std::string name = {});
    ~model_manager();

    /// Loads and warms up (forward passes of zeros at batch size 1 and at warm_up_batch_size), then swaps. The first
    /// call starts the service; a later one is a reload, which runs the second pass only if the engine cannot be
    /// prepared without it. The old model serves until the new one is warm, at every batch size there can be if those
    /// are at most 16, and stays if the new one fails. If a load is already running, exactly
    /// one more is queued after it. Ignored once draining. Returns the number of the load that answers this call.
    std::uint64_t load();
    /// Takes the model out of service at once, until load() is called again. Loads that were asked for before end with
    /// conflict. The model's memory is freed on the loader thread when the last request that began with it is done.
    /// Ignored once draining.
    void unload();
    /// True from unload() until a load has succeeded: what becomes of it meanwhile is not the service's state.
    bool is_set_aside() const noexcept;
    /// Exchanges the two models and their loaders in one step: requests that have begun end with the model that they
    /// began with, and later loads load what each has now. Counts and states stay. Two managers are always exchanged in
    /// the same order. Error: conflict, unless both are ready and have the same labels; shutting_down.
    result<void> exchange(model_manager& other);
    /// The result of that load; nothing while it has not ended, or once draining. Only the last few loads are kept: for
    /// an older one it is the result of the newest.
    std::optional<result<void>> outcome(std::uint64_t load) const;
    /// Asks the loader thread to free spares and to return the allocator's free memory to the system, when it has
    /// nothing else to do.
    void return_freed_memory();
    /// Changes the state to draining, from any state and for good. The model still answers requests, for clients that
    /// have not noticed yet.
    void drain();
    /// From now on current() refuses with shutting_down.
    void close();

    state current_state() const noexcept;
    /// The model to begin a request with. Errors: model_not_loaded, shutting_down, each with retry_after_s.
    result<std::shared_ptr<model_instance>> current() const;
    load_report report() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sma::serving
