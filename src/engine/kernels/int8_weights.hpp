// Weights of an int8 layer, packed for the tiles such that no sum of two products overflows 16 bits.
#pragma once

#include "bump_memory.hpp"
#include "convolution_shape.hpp"
#include "input_layout.hpp"
#include "int8_tile.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sma::engine {

/// Refers to the memory that it was packed into.
class int8_weights {
public:
    /// `weights`: [out, in / groups, kernel, kernel]. Throws out_of_memory.
    int8_weights(convolution_shape const& shape, input_layout const& layout, std::int8_t const* weights,
                 bump_memory& memory);

    struct panel {
        std::int8_t const* weights;
        std::array<std::vector<extra_quad>, 2> extra;  ///< of each half of the columns
    };
    panel const& operator[](std::ptrdiff_t n) const { return panels_[static_cast<std::size_t>(n)]; }
    int count() const noexcept { return static_cast<int>(panels_.size()); }
    /// Values of a tap: the layout's length, rounded up to a whole quad.
    int length() const noexcept { return length_; }

private:
    int length_;
    std::vector<panel> panels_;
};

}  // namespace sma::engine
