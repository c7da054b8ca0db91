#include "sma/serving/dispatcher.hpp"

#include "dispatcher_impl.hpp"

#include <algorithm>
#include <utility>

namespace sma::serving {

queue_slot::queue_slot(std::shared_ptr<queue_capacity> capacity, std::size_t images) noexcept
    : capacity_(std::move(capacity)), images_(images) {}

queue_slot::queue_slot(queue_slot&& other) noexcept
    : capacity_(std::move(other.capacity_)), images_(std::exchange(other.images_, 0)) {}

queue_slot& queue_slot::operator=(queue_slot&& other) noexcept {
    queue_slot taken(std::move(other));
    std::swap(capacity_, taken.capacity_);
    std::swap(images_, taken.images_);
    return *this;
}

queue_slot::~queue_slot() { shrink_to(0); }

void queue_slot::shrink_to(std::size_t images) noexcept {
    auto const kept = std::min(images, images_);
    if (kept < images_) capacity_->give_back(images_ - kept);
    images_ = kept;
}

dispatcher::dispatcher(dispatcher_options options, metrics& m) : impl_(std::make_unique<impl>(std::move(options), m)) {}

dispatcher::~dispatcher() = default;

result<void> dispatcher::check(std::size_t images, steady_time deadline) const {
    return impl_->check(images, deadline);
}

result<queue_slot> dispatcher::reserve(std::size_t images, steady_time deadline) {
    return impl_->reserve(images, deadline);
}

void dispatcher::close() { impl_->close(); }

double dispatcher::service_rate() const noexcept { return impl_->service_rate(); }

std::size_t dispatcher::queue_depth() const noexcept { return impl_->queue_depth(); }

bool dispatcher::makes_progress() const noexcept { return impl_->makes_progress(); }

statistics& dispatcher::done() noexcept { return impl_->done(); }

statistics const& dispatcher::done() const noexcept { return impl_->done(); }

void dispatcher::submit(infer_request request, std::unique_ptr<completion<result<infer_output>>> done) {
    impl_->submit(std::move(request), std::move(done));
}

}  // namespace sma::serving
