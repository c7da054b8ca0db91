#include "text.hpp"

#include "sma/core/json_text.hpp"

namespace sma::batch {
namespace {

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

}  // namespace

void append_csv_field(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (char const c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        auto const length = utf8_sequence_length(text);
        auto const first = static_cast<unsigned char>(text.front());
        bool const control = first < 0x20 || first == 0x7f ||
                             (first == 0xc2 && length == 2 && static_cast<unsigned char>(text[1]) < 0xa0);
        if (length == 0 || control)
            out += '?';
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (unsigned char const c : bytes) {
        out += digits[c >> 4U];
        out += digits[c & 15U];
    }
    return out;
}

std::string from_hexadecimal(std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        int const high = digit_value(digits[i]);
        int const low = digit_value(digits[i + 1]);
        if (high < 0 || low < 0) break;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

}  // namespace sma::batch
