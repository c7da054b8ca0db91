#include "sma/batch/shard.hpp"

#include "sma/core/parse_number.hpp"

#include <algorithm>
namespace sma::batch {
namespace {

constexpr std::uint64_t count_max = 1'000'000;

}  // namespace

std::uint64_t path_hash(std::string_view path) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (unsigned char const c : path) hash = (hash ^ c) * 0x100000001b3ULL;
    return hash;
}

result<shard> parse_shard(std::string_view text) {
    auto const slash = std::min(text.find('/'), text.size() - 1);
    auto const index = parse_number<std::uint64_t>(text.substr(0, slash));
    auto const count = parse_number<std::uint64_t>(text.substr(slash + 1));
    if (!index || !count || *count < 1 || *count > count_max || *index >= *count)
        return error(errc::validation_error,
                     "--shard " + std::string(text) +
                         ": expected i/n with n from 1 to 1000000 and i from 0 to n - 1, as in 0/3");
    return shard{*index, *count};
}

}  // namespace sma::batch
