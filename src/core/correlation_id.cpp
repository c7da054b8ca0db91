#include "sma/core/correlation_id.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>

namespace sma {
namespace {

constexpr char digits[] = "0123456789abcdef";

std::mt19937_64& generator() {
    thread_local std::mt19937_64 engine = [] {
        std::random_device device;
        std::array<std::uint32_t, 8> words;
        std::generate(words.begin(), words.end(), std::ref(device));
        std::seed_seq sequence(words.begin(), words.end());
        return std::mt19937_64(sequence);
    }();
    return engine;
}

bool is_lower_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_all_zero(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

}  // namespace

std::string make_correlation_id() {
    auto& random = generator();
    std::uint64_t high = random();
    std::uint64_t low = random();
    high = (high & 0xffffffffffff0fffULL) | 0x0000000000004000ULL;  // version 4
    low = (low & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;    // variant 10
    std::string id(36, '-');
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < id.size(); ++i) {
        if (i == 8 || i == 13 || i == 18 || i == 23) continue;
        std::uint64_t const half = nibble < 16 ? high : low;
        id[i] = digits[(half >> (60 - 4 * (nibble % 16))) & 15U];
        ++nibble;
    }
    return id;
}

bool is_valid_correlation_id(std::string_view id) noexcept {
    auto const allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
               c == '-';
    };
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), allowed);
}

// version "-" trace-id "-" parent-id "-" flags; a later version may append fields after another dash.
std::optional<std::string> trace_id_of(std::string_view traceparent) {
    constexpr std::size_t length = 55;
    if (traceparent.size() < length || traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-')
        return {};
    auto const version = traceparent.substr(0, 2);
    auto const trace = traceparent.substr(3, 32);
    auto const parent = traceparent.substr(36, 16);
    if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) ||
        !is_lower_hex(traceparent.substr(53, 2)))
        return {};
    if (version == "ff" || is_all_zero(trace) || is_all_zero(parent)) return {};
    if (version == "00" ? traceparent.size() != length : traceparent.size() > length && traceparent[length] != '-')
        return {};
    return std::string(trace);
}

}  // namespace sma
