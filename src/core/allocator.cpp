#include "sma/core/allocator.hpp"

#include <cstdlib>  // says whether the C library is glibc

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace sma {

#if defined(__GLIBC__)
namespace {

/// Larger blocks are the system's own, and more free memory at the arena's end is returned to it.
void keep_up_to(int bytes) noexcept {
    mallopt(M_MMAP_THRESHOLD, bytes);
    mallopt(M_TRIM_THRESHOLD, bytes);
}

}  // namespace

void bound_freed_memory() noexcept {
    mallopt(M_ARENA_MAX, 1);
    keep_up_to(4 << 20);
}

void keep_freed_memory() noexcept { keep_up_to(1 << 30); }

void return_freed_memory() noexcept { malloc_trim(0); }

#else

void bound_freed_memory() noexcept {}
void keep_freed_memory() noexcept {}
void return_freed_memory() noexcept {}

#endif

}  // namespace sma
