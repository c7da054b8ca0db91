// Policy of the C library's allocator: how much freed memory it keeps, and when it returns it to the system.
#pragma once

namespace sma {

/// Bounds the freed memory that the allocator keeps. All threads use one arena, because malloc_trim(3) does not trim
/// the free end of other arenas, and that end is bounded; glibc by itself raises the bound to 64 MiB as large blocks
/// come and go. The arena's lock is no bottleneck: a photograph takes it about fifty times, and small blocks come from
/// the threads' own caches. To be called before there are threads.
void bound_freed_memory() noexcept;

/// From here on up to 1 GiB of freed memory is kept until return_freed_memory(), for libraries that allocate and free
/// all activations of a pass: if it were returned each time, the system would zero and map every page again in the next
/// pass, which was measured to be a third of the pass's time. Any thread; for good.
void keep_freed_memory() noexcept;

/// Returns freed memory to the system. The weights of a freed model or of a failed load are many blocks of a size that
/// the allocator would keep for the next time; there may be none. Any thread; takes milliseconds.
void return_freed_memory() noexcept;

}  // namespace sma
