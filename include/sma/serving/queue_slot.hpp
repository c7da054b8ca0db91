// Places in the dispatcher's queue that one request holds.
#pragma once

#include <cstddef>
#include <memory>

namespace sma::serving {

class queue_capacity;

/// Places for n images in the queue, held from before decoding until their results are there. Move-only; gives the
/// places back when destroyed, which may be after the dispatcher, not after the metrics. Belongs to one request; not
/// thread-safe.
class queue_slot {
public:
    queue_slot() = default;
    queue_slot(queue_slot&& other) noexcept;
    queue_slot& operator=(queue_slot&& other) noexcept;
    ~queue_slot();

    /// The number of places.
    std::size_t images() const noexcept { return images_; }
    /// Gives back all but `images` places, because the other images did not decode. Never grows.
    void shrink_to(std::size_t images) noexcept;

private:
    friend class dispatcher;
    queue_slot(std::shared_ptr<queue_capacity> room, std::size_t images) noexcept;
    std::shared_ptr<queue_capacity> capacity_;
    std::size_t images_ = 0;
};

}  // namespace sma::serving
