// Random numbers for identifiers.
#pragma once

#include <cstdint>

namespace sma {

/// 64 random bits: unique in practice, not secret. Each thread has a generator of its own, seeded by the system.
std::uint64_t random_bits();

}  // namespace sma
