// Memory plan of a layer graph, independent of any library: type, shape and buffer of every activation.
#pragma once

#include "sma/core/error.hpp"
#include "sma/engine/precision.hpp"
#include "sma/model/graph.hpp"

#include <cstddef>
#include <vector>

namespace sma::engine {

enum class value_type { f32, bf16, s8, u8 };

constexpr std::size_t bytes_of(value_type t) noexcept {
    return t == value_type::f32 ? 4 : t == value_type::bf16 ? 2 : 1;
}

/// One activation of one image, NHWC.
struct value_plan {
    int channels = 0;
    int height = 1;
    int width = 1;
    value_type type = value_type::f32;
    float scale = 1.0F;  ///< real = stored * scale; 1 unless s8 or u8
    int buffer = 0;      ///< index into network_plan::buffers

    std::size_t bytes() const noexcept {
        return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
               bytes_of(type);
    }
};

/// Memory that is taken from step `first` to step `last`, both included. Step i runs layer i.
struct buffer_plan {
    std::size_t bytes_per_image = 0;
    int first = 0;
    int last = 0;
};

enum class residual_sum {
    none,
    in_place,  ///< the sum replaces the residual, which nothing reads afterwards
    copied     ///< the residual is copied to the output first
};

/// Immutable once built; may be shared by threads.
struct network_plan {
    std::vector<value_plan> values;      ///< value 0 is the input, layer i writes value i + 1
    std::vector<residual_sum> residual;  ///< one a layer
    std::vector<buffer_plan> buffers;
};

/// `p` is not automatic; int8 needs a quantized graph. Errors: invalid_setting (an input so small that nothing is left
/// of it), invalid_weights (channels that do not fit together).
result<network_plan> plan_network(model::graph const& graph, precision p, int height, int width);

/// Offsets into one block of memory: buffers whose lifetimes meet do not overlap. Offsets are multiples of 64.
struct arena_layout {
    std::vector<std::size_t> offset;  ///< bytes, one a buffer
    std::size_t bytes = 0;            ///< of the whole block
};

arena_layout plan_arena(network_plan const& plan, int images);

}  // namespace sma::engine
