#include "sma/engine/memory_for_code.hpp"

#include "memory_block.hpp"

namespace sma::engine {

void require_memory_for_code(std::size_t beside) { memory_block const room(beside + (std::size_t{32} << 20)); }

}  // namespace sma::engine
