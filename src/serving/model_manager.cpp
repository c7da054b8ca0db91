#include "sma/serving/model_manager.hpp"

#include "loader_inbox.hpp"
#include "sma/core/allocator.hpp"
#include "sma/core/logging.hpp"
#include "sma/core/this_thread.hpp"
#include "sma/core/thread_annotations.hpp"
#include "warm_up.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <limits>
#include <thread>
#include <utility>

namespace sma::serving {
namespace {

using shared_model = std::shared_ptr<model_instance>;

constexpr unsigned retry_after_loading_s = 2;
constexpr unsigned retry_after_failure_s = 30;
constexpr std::size_t outcomes_kept = 16;
constexpr auto whatever_load = std::numeric_limits<std::uint64_t>::max();

std::string first_line(std::string const& text) { return text.substr(0, text.find_first_of("\r\n")); }

error not_loaded(state s) {
    if (s == state::failed)
        return error(errc::model_not_loaded, "the model could not be loaded; the server's log says why",
                     retry_after_failure_s);
    if (s == state::unloaded)
        return error(errc::model_not_loaded, "the model is unloaded: an administrator can load it",
                     retry_after_failure_s);
    return error(errc::model_not_loaded, "the model is still loading: try again in a few seconds",
                 retry_after_loading_s);
}

}  // namespace

std::string_view state_name(state s) noexcept {
    switch (s) {
        case state::loading:
            return "loading";
        case state::warming_up:
            return "warming_up";
        case state::ready:
            return "ready";
        case state::reloading:
            return "reloading";
        case state::failed:
            return "failed";
        case state::unloaded:
            return "unloaded";
        case state::draining:
            return "draining";
    }
    return "unknown";
}

std::string_view health_status(state s) noexcept {
    return s == state::ready || s == state::reloading ? "healthy" : state_name(s);
}

/// Owned by the model manager. The private functions belong to the loader thread, except change_state.
class model_manager::impl {
public:
    impl(model_loader loader, int warm_up_batch_size, model_metrics m, std::function<void(state)> on_change,
         std::function<void()> free_spares, std::string name)
        : name_(std::move(name)),
          warm_up_batch_size_(std::max(warm_up_batch_size, 1)),
          metrics_(std::move(m)),
          on_change_(std::move(on_change)),
          free_spares_(std::move(free_spares)),
          inbox_(std::make_shared<loader_inbox>()),
          loader_(std::move(loader)) {
        metrics_.set_state(state_name(state::loading));
        thread_ = std::thread([this] { work(); });
    }

    ~impl() {
        inbox_->ask_to_stop();
        thread_.join();
    }

    std::uint64_t load() { return inbox_->ask_for_load(); }
    void return_freed_memory() { inbox_->ask_to_return_memory(); }
    void drain() { change_state(state::draining, whatever_load); }
    void close() { closed_.store(true, std::memory_order_release); }
    state current_state() const noexcept { return state_.load(std::memory_order_acquire); }
    bool is_set_aside() const noexcept { return set_aside_.load(std::memory_order_acquire); }

    void unload() {
        shared_model old;  // dropped without a lock held
        mutex_lock const changing(change_mutex_);
        if (current_state() == state::draining) return;
        unloaded_up_to_.store(inbox_->skip_loads(), std::memory_order_release);
        set_aside_.store(true, std::memory_order_release);
        {
            mutex_lock const lock(mutex_);
            std::swap(model_, old);
            report_.last_error.clear();
        }
        set_state(state::unloaded);
    }

    result<void> exchange(impl& other) {
        mutex_lock const changing(change_mutex_);
        mutex_lock const changing_other(other.change_mutex_);
        if (auto ready = check_exchange(other); !ready) return ready;
        {
            mutex_lock const lock(mutex_);
            mutex_lock const lock_other(other.mutex_);
            if (model_->labels != other.model_->labels)
                return error(errc::conflict, "the model and its shadow have different labels");
            std::swap(model_, other.model_);
            std::swap(loader_, other.loader_);
            report_.is_exchanged = !report_.is_exchanged;
            other.report_.is_exchanged = !other.report_.is_exchanged;
        }
        if (on_change_) on_change_(state::ready);
        if (other.on_change_) other.on_change_(state::ready);
        return {};
    }

    result<shared_model> current() const {
        auto const s = current_state();
        if (closed_.load(std::memory_order_acquire))
            return error(errc::shutting_down,
                         "the server is shutting down: send the request again, to another instance", 1);
        mutex_lock const lock(mutex_);
        if (!model_) return not_loaded(s);
        return model_;
    }

    std::optional<result<void>> outcome(std::uint64_t load) const {
        mutex_lock const lock(mutex_);
        if (ended_.empty() || ended_.back().load < load) return skipped(load);
        auto const it = std::find_if(ended_.begin(), ended_.end(), [&](ended_load const& e) { return e.load == load; });
        return it == ended_.end() ? ended_.back().outcome : it->outcome;
    }

    load_report report() const {
        mutex_lock const lock(mutex_);
        return report_;
    }

private:
    struct ended_load {
        std::uint64_t load;
        result<void> outcome;
    };

    // What has become of a load that has not ended.
    std::optional<result<void>> skipped(std::uint64_t load) const {
        if (load > unloaded_up_to_.load(std::memory_order_acquire)) return std::nullopt;
        return error(errc::conflict, "the model was unloaded meanwhile");
    }

    result<void> check_exchange(impl const& other) const {
        for (auto const* one : {this, &other}) {
            auto const now = one->current_state();
            if (now == state::draining) return error(errc::shutting_down, "the server is shutting down", 1);
            if (now != state::ready)
                return error(errc::conflict, "the model `" + one->name_ + "` is not in service, but " +
                                                 std::string(state_name(now)) + ": try again when it is ready");
        }
        return {};
    }

    void work() {
        name_this_thread("loader");
        for (;;) {
            auto const job = inbox_->next();
            if (job.stop) return;
            if (job.load > 0) load_once(job.load);
            if (job.return_memory && free_spares_) free_spares_();
            auto const began = std::chrono::steady_clock::now();
            sma::return_freed_memory();
            log::debug("freed memory returned",
                       {{"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count()}});
        }
    }

    /// False once draining, which nothing leaves, or where the model was unloaded after this load was asked for.
    bool change_state(state to, std::uint64_t load) {
        mutex_lock const lock(change_mutex_);
        if (is_over(load)) return false;
        set_state(to);
        return true;
    }

    bool is_over(std::uint64_t load) const {
        return current_state() == state::draining || load <= unloaded_up_to_.load(std::memory_order_acquire);
    }

    void set_state(state to) SMA_REQUIRES(change_mutex_) {
        state_.store(to, std::memory_order_release);
        metrics_.set_state(state_name(to));
        log::info("model state changed", {{"model", name_}, {"state", state_name(to)}});
        if (on_change_) on_change_(to);
    }

    bool has_model() const {
        mutex_lock const lock(mutex_);
        return model_ != nullptr;
    }

    void load_once(std::uint64_t number) {
        auto const reload = has_model();
        // Only a reload could slow down other threads; a first load should be as fast as possible.
        if (reload) lower_this_threads_priority();
        if (!change_state(reload ? state::reloading : state::loading, number)) return;
        auto const began = std::chrono::steady_clock::now();
        auto loaded = load_warm_model(number, reload);
        auto const took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        if (!loaded) {
            if (!is_over(number)) on_load_failed(number, loaded.error(), reload);
            return;
        }
        auto const model = std::move(*loaded);
        if (!apply(number, model, took_s) || reload) return;
        // Done after the service is ready, so that it is ready sooner and still no request waits for the preparation of
        // its batch size.
        lower_this_threads_priority();
        prepare_remaining_batch_sizes(*model);
        model->engine->release_thread();
    }

    void record_outcome(std::uint64_t number, result<void> how) {
        mutex_lock const lock(mutex_);
        ended_.push_back({number, std::move(how)});
        if (ended_.size() > outcomes_kept) ended_.pop_front();
    }

    void prepare_remaining_batch_sizes(model_instance& model) {
        prepare_remaining_sizes(*model.engine, warm_up_batch_size_,
                                [this] { return current_state() != state::draining; });
    }

    result<shared_model> load_warm_model(std::uint64_t number, bool reload) {
        try {
            auto loaded = current_loader()();
            if (!loaded) return loaded.error();
            if (!*loaded || !(*loaded)->engine) return error(errc::internal_error, "the loader returned no model");
            if (!reload) change_state(state::warming_up, number);
            auto const warm = warm_up(*(*loaded)->engine, warm_up_batch_size_, reload);
            if (warm && reload) prepare_remaining_batch_sizes(**loaded);
            (*loaded)->engine->release_thread();  // from here on the inference thread alone runs the network
            if (!warm) return warm.error();
            return loader_inbox::share(inbox_, std::move(*loaded));
        } catch (std::bad_alloc const&) {
            return error(errc::out_of_memory, "not enough memory to load the model");
        } catch (std::exception const& e) {
            log::error("exception while loading the model", {{"cause", e.what()}});
        } catch (...) {
            log::error("exception while loading the model", {{"cause", "an exception of unknown type"}});
        }
        return error(errc::internal_error, "loading the model failed unexpectedly; the server's log says why");
    }

    // False if the model is not wanted any more. Nobody can unload it between the exchange and the state.
    bool apply(std::uint64_t number, shared_model model, double took_s) {
        auto const loaded = model;
        mutex_lock const changing(change_mutex_);
        if (is_over(number)) return false;
        log::info("model loaded", {{"model", name_},
                                   {"architecture", loaded->architecture},
                                   {"weights", loaded->weights_file},
                                   {"sha256", loaded->weights_sha256},
                                   {"seconds", took_s}});
        {
            mutex_lock const lock(mutex_);
            std::swap(model_, model);
            ++report_.loads;
            report_.last_error.clear();
        }
        metrics_.model_loads_total.Increment();
        set_aside_.store(false, std::memory_order_release);
        set_state(state::ready);
        record_outcome(number, {});
        return true;
    }

    void on_load_failed(std::uint64_t number, error const& why, bool reload) {
        auto const line = first_line(why.message);
        log::error(reload ? "reload failed, the old model stays in use" : "loading the model failed",
                   {{"model", name_}, {"code", error_name(why.code)}, {"cause", line}});
        {
            mutex_lock const lock(mutex_);
            ++report_.failures;
            report_.last_error = line;
        }
        metrics_.model_load_failures_total.Increment();
        change_state(reload ? state::ready : state::failed, number);
        record_outcome(number, error(why.code, line));
    }

    model_loader current_loader() const {
        mutex_lock const lock(mutex_);
        return loader_;
    }

    std::string const name_;
    int const warm_up_batch_size_;
    model_metrics const metrics_;
    std::function<void(state)> const on_change_;
    std::function<void()> const free_spares_;
    std::shared_ptr<loader_inbox> const inbox_;

    std::atomic<state> state_{state::loading};
    std::atomic<bool> closed_ = false;
    std::atomic<bool> set_aside_ = false;
    std::atomic<std::uint64_t> unloaded_up_to_{0};  ///< the last load that was asked for before unload()
    mutex change_mutex_;  ///< held while the state changes and on_change runs, so that changes are seen in their order

    mutable mutex mutex_;
    model_loader loader_ SMA_GUARDED_BY(mutex_);
    shared_model model_ SMA_GUARDED_BY(mutex_);
    load_report report_ SMA_GUARDED_BY(mutex_);
    std::deque<ended_load> ended_ SMA_GUARDED_BY(mutex_);

    std::thread thread_;  // last: it uses everything above
};

model_manager::model_manager(model_loader loader, int warm_up_batch_size, model_metrics m,
                             std::function<void(state)> on_change, std::function<void()> free_spares, std::string name)
    : impl_(std::make_unique<impl>(std::move(loader), warm_up_batch_size, std::move(m), std::move(on_change),
                                   std::move(free_spares), std::move(name))) {}

model_manager::~model_manager() = default;

std::uint64_t model_manager::load() { return impl_->load(); }
std::optional<result<void>> model_manager::outcome(std::uint64_t load) const { return impl_->outcome(load); }
void model_manager::unload() { impl_->unload(); }
bool model_manager::is_set_aside() const noexcept { return impl_->is_set_aside(); }
result<void> model_manager::exchange(model_manager& other) { return impl_->exchange(*other.impl_); }
void model_manager::return_freed_memory() { impl_->return_freed_memory(); }
void model_manager::drain() { impl_->drain(); }
void model_manager::close() { impl_->close(); }
state model_manager::current_state() const noexcept { return impl_->current_state(); }
result<std::shared_ptr<model_instance>> model_manager::current() const { return impl_->current(); }
load_report model_manager::report() const { return impl_->report(); }

}  // namespace sma::serving
