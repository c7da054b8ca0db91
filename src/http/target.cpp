#include "sma/http/target.hpp"

#include "authority.hpp"
#include "sma/core/hexadecimal.hpp"

#include <algorithm>

namespace sma::http {
namespace {

/// The byte that the escape at the start of `text` stands for, or -1.
int escaped_byte(std::string_view text) noexcept {
    if (text.size() < 3) return -1;
    return hex_byte(text[1], text[2]);
}

std::string form_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        int const byte = text[i] == '%' ? escaped_byte(text.substr(i)) : -1;
        if (byte >= 0) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char l, char c) {
               return l == (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
           });
}

/// The part after the authority of an absolute-form target; nothing if it is not one.
std::optional<std::string_view> after_authority(std::string_view target) noexcept {
    for (std::string_view const scheme : {"http://", "https://"}) {
        if (!starts_with_ignoring_case(target, scheme)) continue;
        target.remove_prefix(scheme.size());
        auto const end = std::min(target.find_first_of("/?"), target.size());
        if (!is_authority(target.substr(0, end))) return std::nullopt;
        return target.substr(end);
    }
    return std::nullopt;
}

}  // namespace

std::optional<target_parts> split_target(std::string_view target) noexcept {
    bool const clean =
        std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
    if (!clean || target.empty()) return std::nullopt;
    if (target == "*") return target_parts{target, {}};
    if (target.front() != '/') {
        auto const rest = after_authority(target);
        if (!rest) return std::nullopt;
        target = *rest;
    }
    auto const mark = target.find('?');
    target_parts parts{target.substr(0, mark), mark == target.npos ? std::string_view{} : target.substr(mark + 1)};
    if (parts.path.empty()) parts.path = "/";
    return parts;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        int const byte = escaped_byte(text.substr(i));
        if (byte <= 0) return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

query_parameters parse_query(std::string_view query) {
    query_parameters out;
    while (!query.empty()) {
        auto const pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.empty()) continue;
        auto const equals = pair.find('=');
        auto value = equals == pair.npos ? std::string{} : form_decode(pair.substr(equals + 1));
        out.emplace_back(form_decode(pair.substr(0, equals)), std::move(value));
    }
    return out;
}

}  // namespace sma::http
