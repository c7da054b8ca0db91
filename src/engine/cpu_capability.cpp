#include "sma/engine/cpu_capability.hpp"

#include "cpu_features.hpp"

namespace sma::engine {

cpu_capability const& this_cpu() {
    static cpu_capability const cpu = detect_cpu();
    return cpu;
}

}  // namespace sma::engine
