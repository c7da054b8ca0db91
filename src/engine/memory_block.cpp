#include "memory_block.hpp"

#include "sma/engine/engine.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

namespace sma::engine {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t cache_line = 64;

constexpr std::size_t rounded(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

/// `bytes` (whole huge pages) at an address that is a multiple of a huge page, or null.
std::byte* map_huge_pages(std::size_t bytes) {
    if (bytes > std::numeric_limits<std::size_t>::max() / 2) return nullptr;
    std::size_t const reserved = bytes + huge_page;
    void* const start = ::mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return nullptr;
    auto* const first = static_cast<std::byte*>(start);
    auto const address = reinterpret_cast<std::uintptr_t>(start);
    std::size_t const before = rounded(address, huge_page) - address;
    if (before > 0) ::munmap(first, before);
    if (before < huge_page) ::munmap(first + before + bytes, huge_page - before);
    ::madvise(first + before, bytes, MADV_HUGEPAGE);  // a wish: failing is fine
    return first + before;
}

}  // namespace

void give_back_memory::operator()(std::byte* p) const noexcept {
    if (mapped_bytes > 0)
        ::munmap(p, mapped_bytes);
    else
        std::free(p);
}

memory_block::memory_block(std::size_t bytes) : size_(bytes) {
    if (bytes == 0) return;
    if (bytes >= huge_page) {
        std::size_t const whole = rounded(bytes, huge_page);
        memory_ = {map_huge_pages(whole), give_back_memory{whole}};
    } else {
        memory_.reset(static_cast<std::byte*>(std::aligned_alloc(cache_line, rounded(bytes, cache_line))));
    }
    if (!memory_) throw out_of_memory("not enough memory for " + std::to_string(bytes >> 20) + " MiB of the network");
}

}  // namespace sma::engine
