#include "sma/tracing/trace_context.hpp"

#include "sma/core/hexadecimal.hpp"
#include "sma/core/random_bits.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace sma::tracing {
namespace {

bool is_lower_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

template <std::size_t N>
bool is_zero(std::array<std::uint8_t, N> const& id) noexcept {
    return std::all_of(id.begin(), id.end(), [](std::uint8_t b) { return b == 0; });
}

template <std::size_t N>
std::array<std::uint8_t, N> id_of(std::string_view digits) noexcept {
    std::array<std::uint8_t, N> id{};
    for (std::size_t i = 0; i < N; ++i) id[i] = static_cast<std::uint8_t>(hex_byte(digits[2 * i], digits[2 * i + 1]));
    return id;
}

void put(std::uint64_t bits, std::uint8_t* to) noexcept {
    for (int i = 7; i >= 0; --i, bits >>= 8U) to[i] = static_cast<std::uint8_t>(bits);
}

}  // namespace

// version "-" trace-id "-" parent-id "-" flags; a later version may append fields after another dash.
std::optional<trace_parent> parse_traceparent(std::string_view header) {
    constexpr std::size_t length = 55;
    if (header.size() < length || header[2] != '-' || header[35] != '-' || header[52] != '-') return {};
    auto const version = header.substr(0, 2);
    auto const trace = header.substr(3, 32);
    auto const parent = header.substr(36, 16);
    auto const flags = header.substr(53, 2);
    if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) || !is_lower_hex(flags)) return {};
    if (version == "ff") return {};
    if (version == "00" ? header.size() != length : header.size() > length && header[length] != '-') return {};
    trace_parent found{{id_of<16>(trace), id_of<8>(parent)}, (hex_byte(flags[0], flags[1]) & 1) != 0};
    if (is_zero(found.context.trace) || is_zero(found.context.span)) return {};
    return found;
}

trace_id make_trace_id() {
    trace_id id{};
    do {
        put(random_bits(), id.data());
        put(random_bits(), id.data() + 8);
    } while (is_zero(id));
    return id;
}

span_id make_span_id() {
    span_id id{};
    do put(random_bits(), id.data());
    while (is_zero(id));
    return id;
}

std::string to_text(trace_id const& id) {
    return to_hexadecimal(std::string_view(reinterpret_cast<char const*>(id.data()), id.size()));
}

bool is_sampled(trace_id const& id, double ratio) noexcept {
    constexpr double all = 72'057'594'037'927'936.0;  // 2^56
    std::uint64_t low = 0;
    for (std::size_t i = 9; i < id.size(); ++i) low = low << 8U | id[i];
    return low >= static_cast<std::uint64_t>(std::round((1 - ratio) * all));
}

}  // namespace sma::tracing
