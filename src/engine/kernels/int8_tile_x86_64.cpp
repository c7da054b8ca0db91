#include "int8_tile_x86_64.hpp"

namespace sma::engine {

int8_tile_function select_int8_tile(cpu_capability const& cpu) noexcept {
    return cpu.has_avx2 ? compute_avx2 : compute_sse41;
}

}  // namespace sma::engine
