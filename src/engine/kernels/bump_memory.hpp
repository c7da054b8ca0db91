// Memory of many packed weights, taken piece by piece from few large blocks and given back together.
#pragma once

#include "memory_block.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace sma::engine {

class bump_memory {
public:
    /// Aligned to 64 bytes, zero. Throws out_of_memory.
    std::byte* take(std::size_t bytes) {
        std::size_t const aligned = (bytes + 63) / 64 * 64;
        auto b = std::find_if(blocks_.begin(), blocks_.end(),
                              [aligned](block const& x) { return x.used + aligned <= x.memory.size(); });
        if (b == blocks_.end()) {
            blocks_.push_back({memory_block(std::max(aligned, block_bytes))});
            b = std::prev(blocks_.end());
        }
        std::byte* const place = b->memory.data() + b->used;
        b->used += aligned;
        std::fill(place, place + aligned, std::byte{0});
        return place;
    }

    std::size_t bytes() const noexcept {
        std::size_t all = 0;
        for (auto const& b : blocks_) all += b.memory.size();
        return all;
    }

private:
    static constexpr std::size_t block_bytes = std::size_t{8} << 20;

    struct block {
        memory_block memory;
        std::size_t used = 0;
    };

    std::vector<block> blocks_;
};

}  // namespace sma::engine
