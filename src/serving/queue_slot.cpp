#include "sma/serving/queue_slot.hpp"

#include "queue_capacity.hpp"

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

}  // namespace sma::serving
