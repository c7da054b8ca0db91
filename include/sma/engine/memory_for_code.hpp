// Memory for the code that oneDNN generates.
#pragma once

#include <cstddef>

namespace sma::engine {

/// To be called before oneDNN creates a primitive: 2.6 does not check the allocation of the memory for the code that it
/// generates, and crashes where it fails. Allocates far more than the code of one primitive and frees it untouched;
/// `beside` is what the call will allocate for other things. Throws out_of_memory.
void require_memory_for_code(std::size_t beside = 0);

}  // namespace sma::engine
