#include "sma/core/json_text.hpp"

#include "sma/core/utf8.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace sma {
namespace {

void append_escaped(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (static_cast<unsigned char>(c) >= 0x20) {
        out += c;
        return;
    }
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(c));
    out += escape;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        auto const length = utf8_sequence_length(text);
        if (length == 0)
            out += "\xef\xbf\xbd";
        else if (length == 1)
            append_escaped(out, text.front());
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

void append_json_number(std::string& out, double value, int digits) {
    char text[64];
    auto const [end, failure] =
        std::to_chars(text, text + sizeof text, std::isfinite(value) ? value : 0.0, std::chars_format::fixed, digits);
    std::string_view number(text, failure == std::errc{} ? static_cast<std::size_t>(end - text) : 0);
    if (number.find('.') != std::string_view::npos) {
        auto const last = number.find_last_not_of('0');
        number = number.substr(0, number[last] == '.' ? last + 2 : last + 1);
    }
    out += number.empty() ? "0" : number;
}

}  // namespace sma
