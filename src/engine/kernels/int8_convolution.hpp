// Direct convolution in int8 with exact sums: u8 or s8 by s8, scaled to u8, s8 or f32.
#pragma once

#include "bump_memory.hpp"
#include "convolution_shape.hpp"
#include "layer_kernel.hpp"
#include "network_plan.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace sma::engine {

/// real = sum * input_scale * weight_scale[c] + bias[c] (+ residual), stored as real / output_scale.
struct int8_scaling {
    value_type input = value_type::u8;
    float input_scale = 1.0F;
    std::vector<float> weight_scale;     ///< one an output channel
    value_type output = value_type::u8;  ///< u8: negative results become 0
    float output_scale = 1.0F;           ///< 1 for f32
    struct residual_term {
        value_type type = value_type::u8;
        float scale = 1.0F;
    };
    std::optional<residual_term> residual;
};

/// `weights`: [out, in / groups, kernel, kernel], packed into `memory`; `bias` is real. For `cpu`, which must
/// be this one or have less. Throws out_of_memory.
std::unique_ptr<layer_kernel> make_int8_convolution(convolution_shape const& shape, std::int8_t const* weights,
                                                    float const* bias, int8_scaling const& scaling,
                                                    cpu_capability const& cpu, bump_memory& memory);

}  // namespace sma::engine
