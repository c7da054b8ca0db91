// Class activation map and embedding from stored activations. Pure functions.
#pragma once

#include "network_plan.hpp"

#include <cstddef>
#include <span>

namespace sma::engine {

/// The real values of stored ones.
void read_values(value_plan const& v, std::byte const* stored, std::span<float> to);

/// At each position the sum over channels of value times weight. `stored` is one image's feature map; `weights` has a
/// float for each channel. Runs on the calling thread's OpenMP team.
void activation_map(value_plan const& v, std::byte const* stored, std::span<float const> weights, std::span<float> to);

}  // namespace sma::engine
