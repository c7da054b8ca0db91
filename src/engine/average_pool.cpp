#include "average_pool.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace sma::engine {
namespace {

constexpr int block = 64;  // channels at a time: a constant length lets the compiler use vectors

template <class T>
void add_row(T const* row, std::array<std::int32_t, block>& sum) {
    for (int c = 0; c < block; ++c) sum[static_cast<std::size_t>(c)] += row[c];
}

template <class T>
void average_block(average_pool_job const& job, T const* input, T* output, int count) {
    std::array<std::int32_t, block> sum{};
    for (int p = 0; p < job.positions; ++p) {
        T const* const row = input + static_cast<std::ptrdiff_t>(p) * job.channels;
        if (count == block) {
            add_row(row, sum);
        } else {
            for (int c = 0; c < count; ++c) sum[static_cast<std::size_t>(c)] += row[c];
        }
    }
    float const factor = job.factor / static_cast<float>(job.positions);
    for (int c = 0; c < count; ++c) {
        float const scaled = std::nearbyint(static_cast<float>(sum[static_cast<std::size_t>(c)]) * factor);
        output[c] = static_cast<T>(std::clamp(scaled, static_cast<float>(std::numeric_limits<T>::min()),
                                              static_cast<float>(std::numeric_limits<T>::max())));
    }
}

template <class T>
void average_all(average_pool_job const& job, T const* input, T* output) {
    int const blocks = (job.channels + block - 1) / block;
    int const tasks = job.images * blocks;
#pragma omp parallel for schedule(static)
    for (int task = 0; task < tasks; ++task) {
        std::ptrdiff_t const image = task / blocks;
        int const first = task % blocks * block;
        average_block(job, input + image * job.positions * job.channels + first, output + image * job.channels + first,
                      std::min(block, job.channels - first));
    }
}

}  // namespace

void average_pool(average_pool_job const& job, std::byte const* input, std::byte* output) {
    if (job.is_signed)
        average_all(job, reinterpret_cast<std::int8_t const*>(input), reinterpret_cast<std::int8_t*>(output));
    else
        average_all(job, reinterpret_cast<std::uint8_t const*>(input), reinterpret_cast<std::uint8_t*>(output));
}

}  // namespace sma::engine
