#include "multipart_text.hpp"

#include "sma/core/hexadecimal.hpp"
#include "sma/core/utf8.hpp"

#include <algorithm>

namespace sma::http {

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
        int const decoded = hex_byte(text[i + 1], text[i + 2]);
        if (decoded < 0) return std::nullopt;
        out.push_back(static_cast<char>(decoded));
        i += 2;
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

std::string last_path_component(std::string_view path) {
    auto const slash = path.find_last_of("/\\");
    auto const name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return name == "." || name == ".." ? std::string() : std::string(name);
}

}  // namespace sma::http
