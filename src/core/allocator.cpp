#include "sma/core/allocator.hpp"

#include <cstdlib>  // says whether the C library is glibc

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace sma {

#if defined(__GLIBC__)

void bound_freed_memory() noexcept {
    constexpr int most_bytes = 4 << 20;
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, most_bytes);
    mallopt(M_TRIM_THRESHOLD, most_bytes);
}

void return_freed_memory() noexcept { malloc_trim(0); }

#else

void bound_freed_memory() noexcept {}
void return_freed_memory() noexcept {}

#endif

}  // namespace sma
