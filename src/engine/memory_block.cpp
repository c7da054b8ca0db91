#include "memory_block.hpp"

#include "sma/engine/engine.hpp"

#include <sys/mman.h>

#include <string>

namespace sma::engine {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t cache_line = 64;

constexpr std::size_t rounded(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

memory_block::memory_block(std::size_t bytes) : size_(bytes) {
    if (bytes == 0) return;
    std::size_t const alignment = bytes >= huge_page ? huge_page : cache_line;
    std::size_t const whole = rounded(bytes, alignment);
    memory_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, whole)));
    if (!memory_) throw out_of_memory("no memory for " + std::to_string(bytes >> 20) + " MiB of the network");
    if (alignment == huge_page) ::madvise(memory_.get(), whole, MADV_HUGEPAGE);  // a wish: failing is fine
}

}  // namespace sma::engine
