#include "sma/isolation/shared_memory.hpp"

#include "sma/core/errno_error.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace sma::isolation {
namespace {

/// Of a file; what is above it goes back to the system. Most files are smaller.
constexpr std::size_t kept_bytes = 1024 * 1024;

}  // namespace

// One memory for all of a worker's files: a new one for each would cost its pages anew, and sealing against writing
// would gain nothing, since the server reads nothing there and copies a tensor before it looks at it.
result<shared_memory> shared_memory::create(memory_layout const& layout, unique_fd& descriptor) {
    descriptor = unique_fd(::memfd_create("decode-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!descriptor) return errno_error("no memory for a worker");
    if (::ftruncate(descriptor.get(), static_cast<off_t>(layout.bytes())) != 0)
        return errno_error("no memory for a worker");
    if (::fcntl(descriptor.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return errno_error("memory for a worker cannot be sealed");
    return map(layout, descriptor.get());
}

result<shared_memory> shared_memory::map(memory_layout const& layout, int descriptor) {
    void* const begin = ::mmap(nullptr, layout.bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (begin == MAP_FAILED) return errno_error("shared memory cannot be mapped");
    return shared_memory(layout, static_cast<std::byte*>(begin));
}

shared_memory::shared_memory(shared_memory&& other) noexcept
    : layout_(other.layout_), begin_(std::exchange(other.begin_, nullptr)) {}

shared_memory::~shared_memory() {
    if (begin_ != nullptr) ::munmap(begin_, layout_.bytes());
}

void shared_memory::forget_large_file(std::size_t bytes) noexcept {
    if (bytes > kept_bytes) ::madvise(file().data() + kept_bytes, bytes - kept_bytes, MADV_REMOVE);
}

}  // namespace sma::isolation
