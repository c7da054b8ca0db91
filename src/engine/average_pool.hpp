// Global average pool of int8 activations, whose result oneDNN would round to the input's scale.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sma::engine {

struct average_pool_job {
    int images = 0;
    int positions = 0;  ///< height * width, >= 1
    int channels = 0;
    float factor = 1.0F;     ///< input scale / output scale
    bool is_signed = false;  ///< s8, else u8; the same for both sides
};

/// NHWC to NC: output = round(mean over positions * factor), saturated. Runs on the calling thread's OpenMP team.
void average_pool(average_pool_job const& job, std::byte const* input, std::byte* output);

}  // namespace sma::engine
