#include "base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace sma::api {
namespace {

constexpr std::uint8_t invalid = 0xff;

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(invalid);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    table['-'] = table['+'];
    table['_'] = table['/'];
    return table;
}();

std::uint32_t value_of(char c) noexcept { return values[static_cast<unsigned char>(c)]; }

std::string_view without_data_url(std::string_view text) {
    if (!text.starts_with("data:")) return text;
    constexpr std::string_view marker = ";base64,";
    auto const at = text.substr(0, 256).find(marker);
    return at == std::string_view::npos ? text : text.substr(at + marker.size());
}

std::string_view without_padding(std::string_view text) {
    for (int i = 0; i < 2 && text.size() % 4 == static_cast<std::size_t>((4 - i) % 4) && text.ends_with('='); ++i)
        text.remove_suffix(1);
    return text;
}

bool is_white_space(char c) noexcept { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

std::string without_white_space(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::ranges::remove_copy_if(text, std::back_inserter(out), is_white_space);
    return out;
}

std::optional<std::string> decode_unbroken(std::string_view text) {
    text = without_padding(text);
    if (text.size() % 4 == 1) return {};
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t seen = 0;  // every value or-ed: one test at the end of each group instead of four
    std::size_t i = 0;
    for (; i + 4 <= text.size(); i += 4) {
        auto const a = value_of(text[i]), b = value_of(text[i + 1]), c = value_of(text[i + 2]),
                   d = value_of(text[i + 3]);
        seen |= a | b | c | d;
        std::uint32_t const group = a << 18 | b << 12 | c << 6 | d;
        char const three[] = {static_cast<char>(group >> 16), static_cast<char>(group >> 8), static_cast<char>(group)};
        bytes.append(three, 3);
    }
    if (auto const rest = text.size() - i; rest > 0) {
        auto const a = value_of(text[i]), b = value_of(text[i + 1]), c = rest == 3 ? value_of(text[i + 2]) : 0;
        seen |= a | b | c;
        if ((rest == 2 ? b & 15U : c & 3U) != 0) return {};  // bits that belong to no byte
        bytes += static_cast<char>(a << 2 | b >> 4);
        if (rest == 3) bytes += static_cast<char>(b << 4 | c >> 2);
    }
    if (seen > 63) return {};
    return bytes;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    text = without_data_url(text);
    // Few texts have line breaks: only these are read twice.
    auto bytes = decode_unbroken(text);
    if (bytes || std::ranges::none_of(text, is_white_space)) return bytes;
    return decode_unbroken(without_white_space(text));
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto const rest = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8U | (k < rest ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) text += k <= rest ? alphabet[group >> (18 - 6 * k) & 63U] : '=';
    }
    return text;
}

}  // namespace sma::api
