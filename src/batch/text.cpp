#include "text.hpp"

#include "sma/core/utf8.hpp"

namespace sma::batch {

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

}  // namespace sma::batch
