#include "sma/engine/useful_threads.hpp"

#include <algorithm>

namespace sma::engine {

int useful_threads(int cpus) noexcept {
    constexpr int most = 32;
    return std::clamp(cpus, 1, most);
}

}  // namespace sma::engine
