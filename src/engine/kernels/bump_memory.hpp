// Memory of many packed weights, taken piece by piece from few large blocks and given back together.
#pragma once

#include "../memory_block.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sma::engine {

class bump_memory {
public:
    /// Aligned to 64 bytes, zero. Throws out_of_memory.
    std::byte* take(std::size_t bytes) {
        std::size_t const aligned = (bytes + 63) / 64 * 64;
        if (blocks_.empty() || used_ + aligned > blocks_.back().size()) {
            blocks_.emplace_back(std::max(aligned, block_bytes));
            used_ = 0;
        }
        std::byte* const place = blocks_.back().data() + used_;
        used_ += aligned;
        std::fill(place, place + aligned, std::byte{0});
        return place;
    }

    std::size_t bytes() const noexcept {
        std::size_t all = 0;
        for (auto const& b : blocks_) all += b.size();
        return all;
    }

private:
    static constexpr std::size_t block_bytes = std::size_t{8} << 20;

    std::vector<memory_block> blocks_;
    std::size_t used_ = 0;  ///< of the last block
};

}  // namespace sma::engine
