// Shard of the files by path hash, so that machines divide a list without communication.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>
#include <string_view>

namespace sma::batch {

/// FNV-1a, 64 bits, of the path's bytes as they stand in the record. The same on every machine and in every version.
std::uint64_t path_hash(std::string_view path) noexcept;

/// The files whose path_hash() modulo `count` is `index`. Two runs that name their files alike (same arguments, same
/// working directory or absolute paths) cut them alike.
struct shard {
    std::uint64_t index = 0;  ///< 0 to count - 1
    std::uint64_t count = 1;  ///< 1 to 1,000,000
    bool contains(std::string_view path) const noexcept { return count == 1 || path_hash(path) % count == index; }
};

/// "i/n", i from 0. Error: validation_error.
result<shard> parse_shard(std::string_view text);

}  // namespace sma::batch
