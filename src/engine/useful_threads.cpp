#include "sma/engine/useful_threads.hpp"

#include <algorithm>

namespace sma::engine {
namespace {

/// AMX computes layers so quickly that the meetings count.
constexpr int most_with_amx = 32;
constexpr int most = 64;

}  // namespace

int useful_threads(precision p, cpu_capability const& cpu, int cpus) noexcept {
    bool const amx = p != precision::fp32 && cpu.instruction_set == "avx512_core_amx";
    return std::clamp(cpus, 1, amx ? most_with_amx : most);
}

}  // namespace sma::engine
