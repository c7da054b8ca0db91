// Alignment of what the engine keeps in one block: a line of the cache, which the widest registers do not pass.
#pragma once

#include <cstddef>

namespace sma::engine {

inline constexpr std::size_t alignment = 64;

constexpr std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

}  // namespace sma::engine
