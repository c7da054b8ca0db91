#include "multipart_text.hpp"

#include "hex_digit.hpp"

#include <algorithm>

namespace sma::http {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

constexpr unsigned byte(std::string_view text, std::size_t i) noexcept { return static_cast<unsigned char>(text[i]); }

/// The length of the UTF-8 sequence (Unicode 15, table 3-7) that `text` begins with, 0 if it begins with none.
std::size_t sequence_length(std::string_view text) noexcept {
    unsigned const lead = byte(text, 0);
    if (lead < 0x80) return 1;
    std::size_t const length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || text.size() < length) return 0;
    unsigned const low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned const high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(text, 1) < low || byte(text, 1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte(text, i) & 0xC0) != 0x80) return 0;
    return length;
}

bool is_valid_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        auto const length = sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

bool is_token(std::string_view text) noexcept {
    constexpr std::string_view specials = "!#$%&'*+-.^_`|~";
    return !text.empty() &&
           std::ranges::all_of(text, [=](char c) { return is_alphanumeric(c) || specials.find(c) != specials.npos; });
}

bool has_control(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char c) {
        auto const value = static_cast<unsigned char>(c);
        return (value < 0x20 && c != '\t') || value == 0x7F;
    });
}

std::string make_valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const length = sequence_length(text);
        out += length == 0 ? replacement : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string decode_quotes(std::string_view text) {
    std::string out(text);
    for (auto at = out.find("%22"); at != std::string::npos; at = out.find("%22", at + 1)) out.replace(at, 3, 1, '"');
    return out;
}

std::optional<std::string> decode_extended(std::string_view text) {
    constexpr std::string_view charset = "utf-8'";
    if (lower(text.substr(0, charset.size())) != charset) return std::nullopt;
    auto const quote = text.find('\'', charset.size());
    if (quote == std::string_view::npos) return std::nullopt;
    text.remove_prefix(quote + 1);

    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        int const high = hex_digit(text[i + 1]);
        int const low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    if (!is_valid_utf8(out)) return std::nullopt;
    return out;
}

std::string last_path_component(std::string_view path) {
    auto const slash = path.find_last_of("/\\");
    auto const name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return name == "." || name == ".." ? std::string() : std::string(name);
}

}  // namespace sma::http
