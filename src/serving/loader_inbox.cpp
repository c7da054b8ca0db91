#include "loader_inbox.hpp"

#include "sma/core/allocator.hpp"

#include <utility>

namespace sma::serving {

std::shared_ptr<model_instance> loader_inbox::share(std::shared_ptr<loader_inbox> inbox,
                                                    std::unique_ptr<model_instance> model) {
    auto owned = std::make_unique<retiree>();
    owned->model = std::move(model);
    owned->inbox = std::move(inbox);
    auto* const r = owned.release();
    return std::shared_ptr<model_instance>(r->model.get(), [r](model_instance*) noexcept {
        auto const home = std::move(r->inbox);
        home->retire(r);
    });
}

std::uint64_t loader_inbox::ask_for_load() {
    std::uint64_t number = 0;
    {
        mutex_lock const lock(mutex_);
        load_ = true;
        number = loads_begun_ + 1;
    }
    changed_.notify_one();
    return number;
}

std::uint64_t loader_inbox::skip_loads() {
    mutex_lock const lock(mutex_);
    if (std::exchange(load_, false)) ++loads_begun_;
    return loads_begun_;
}

void loader_inbox::ask_to_return_memory() {
    {
        mutex_lock const lock(mutex_);
        return_memory_ = true;
    }
    changed_.notify_one();
}

void loader_inbox::ask_to_stop() {
    {
        mutex_lock const lock(mutex_);
        stop_ = true;
    }
    changed_.notify_one();
}

void loader_inbox::retire(retiree* r) noexcept {
    {
        mutex_lock const lock(mutex_);
        if (!closed_) {
            r->next = std::exchange(retired_, r);
            r = nullptr;
        }
    }
    if (r)
        delete r;
    else
        changed_.notify_one();
}

loader_inbox::job loader_inbox::next() {
    for (;;) {
        retiree* retired = nullptr;
        {
            mutex_lock lock(mutex_);
            while (!load_ && !return_memory_ && !stop_ && !retired_) lock.wait(changed_);
            retired = std::exchange(retired_, nullptr);
            if (!retired) {
                closed_ = stop_;
                return {std::exchange(load_, false) ? ++loads_begun_ : 0, std::exchange(return_memory_, false), stop_};
            }
        }
        free_all(retired);
    }
}

void loader_inbox::free_all(retiree* list) noexcept {
    while (list) {
        std::unique_ptr<retiree> const r(std::exchange(list, list->next));
    }
    return_freed_memory();
}

}  // namespace sma::serving
