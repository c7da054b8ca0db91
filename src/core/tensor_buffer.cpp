#include "sma/core/tensor_buffer.hpp"

#include <new>
#include <utility>

namespace sma {
namespace {

constexpr std::align_val_t alignment{64};

}  // namespace

void tensor_buffer::aligned_delete::operator()(std::byte* p) const noexcept { ::operator delete(p, alignment); }

tensor_buffer& tensor_buffer::operator=(tensor_buffer&& other) noexcept {
    if (this != &other) {
        give_back();
        format_ = other.format_;
        memory_ = std::move(other.memory_);
        pool_ = std::move(other.pool_);
    }
    return *this;
}

tensor_buffer::~tensor_buffer() { give_back(); }

void tensor_buffer::give_back() noexcept {
    if (memory_ && pool_) pool_->put(std::move(memory_), format_.bytes());
}

tensor_buffer tensor_pool::take(input_format const& format) {
    tensor_buffer buffer;
    buffer.format_ = format;
    buffer.pool_ = shared_from_this();
    {
        mutex_lock const lock(mutex_);
        if (spare_bytes_ == format.bytes() && !spare_.empty()) {
            buffer.memory_ = std::move(spare_.back());
            spare_.pop_back();
            return buffer;
        }
    }
    buffer.memory_.reset(static_cast<std::byte*>(::operator new(format.bytes(), alignment)));
    return buffer;
}

void tensor_pool::free_spares() noexcept {
    std::vector<tensor_buffer::memory> freed;  // after the lock
    mutex_lock const lock(mutex_);
    freed.swap(spare_);
    spare_bytes_ = 0;
}

void tensor_pool::put(tensor_buffer::memory memory, std::size_t bytes) noexcept {
    mutex_lock const lock(mutex_);
    if (bytes != spare_bytes_) {
        spare_.clear();
        spare_bytes_ = bytes;
        // Reserved here so that nothing below can throw; without capacity the memory is simply freed.
        try {
            spare_.reserve(spare_max_);
        } catch (std::bad_alloc const&) {
            return;
        }
    }
    if (spare_.size() < spare_max_ && spare_.size() < spare_.capacity()) spare_.push_back(std::move(memory));
}

}  // namespace sma
