#include "sma/batch/shard.hpp"

#include <charconv>

namespace sma::batch {
namespace {

constexpr std::uint64_t count_max = 1'000'000;

bool parse_number(std::string_view text, std::uint64_t& value) {
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failed == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::uint64_t path_hash(std::string_view path) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (unsigned char const c : path) hash = (hash ^ c) * 0x100000001b3ULL;
    return hash;
}

result<shard> parse_shard(std::string_view text) {
    shard s;
    auto const slash = text.find('/');
    bool const numbers = slash != std::string_view::npos && parse_number(text.substr(0, slash), s.index) &&
                         parse_number(text.substr(slash + 1), s.count);
    if (!numbers || s.count < 1 || s.count > count_max || s.index >= s.count)
        return error(errc::validation_error,
                     "--shard " + std::string(text) +
                         ": expected i/n with n from 1 to 1000000 and i from 0 to n - 1, as in 0/3");
    return s;
}

}  // namespace sma::batch
