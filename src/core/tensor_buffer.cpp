#include "sma/core/tensor_buffer.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace sma {
namespace {

constexpr std::align_val_t alignment{64};

}  // namespace

tensor_pool::tensor_pool(std::size_t spare_max) : spare_max_(spare_max) { spares_.reserve(spare_max); }

tensor_buffer tensor_buffer::share() const {
    tensor_buffer other;
    other.format_ = format_;
    other.memory_ = memory_;
    return other;
}

void tensor_pool::aligned_delete::operator()(std::byte* p) const noexcept { ::operator delete(p, alignment); }

tensor_buffer tensor_pool::take(input_format const& format) {
    auto const bytes = format.bytes();
    auto found = take_spare(bytes);
    if (!found) found.reset(static_cast<std::byte*>(::operator new(bytes, alignment)));
    auto const give_back = [pool = shared_from_this(), bytes](std::byte* p) noexcept { pool->put(memory(p), bytes); };
    tensor_buffer buffer;
    buffer.format_ = format;
    buffer.memory_ = std::shared_ptr<std::byte>(found.release(), give_back);  // if this throws, it has given it back
    return buffer;
}

tensor_pool::memory tensor_pool::take_spare(std::size_t bytes) noexcept {
    mutex_lock const lock(mutex_);
    auto const has_size = [bytes](spare const& one) { return one.bytes == bytes; };
    auto const found = std::find_if(spares_.rbegin(), spares_.rend(), has_size);
    if (found == spares_.rend()) return nullptr;
    auto block = std::move(found->block);
    spares_.erase(std::next(found).base());
    return block;
}

void tensor_pool::free_spares() noexcept {
    mutex_lock const lock(mutex_);
    spares_.clear();
}

void tensor_pool::put(memory returned, std::size_t bytes) noexcept {
    if (spare_max_ == 0) return;
    memory oldest;  // freed after the lock
    mutex_lock const lock(mutex_);
    if (spares_.size() == spare_max_) {
        oldest = std::move(spares_.front().block);
        spares_.erase(spares_.begin());
    }
    spares_.push_back({bytes, std::move(returned)});
}

}  // namespace sma
