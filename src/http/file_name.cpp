#include "file_name.hpp"

#include "header_text.hpp"
#include "sma/core/hexadecimal.hpp"
#include "sma/core/utf8.hpp"

namespace sma::http {
namespace {

void replace_all(std::string& text, std::string_view what, char by) {
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) text.replace(at, what.size(), 1, by);
}

std::string percent_bytes(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int const byte = text[i] == '%' && i + 2 < text.size() ? hex_byte(text[i + 1], text[i + 2]) : -1;
        out += byte < 0 ? text[i] : static_cast<char>(byte);
        if (byte >= 0) i += 2;
    }
    return out;
}

std::string latin1_to_utf8(std::string_view bytes) {
    std::string out;
    for (char const c : bytes) {
        auto const value = static_cast<unsigned char>(c);
        if (value >= 0x80) out += static_cast<char>(0xc0 | value >> 6);
        out += static_cast<char>(value < 0x80 ? value : 0x80 | (value & 0x3f));
    }
    return out;
}

}  // namespace

std::string decode_escapes(std::string_view text) {
    std::string out(text);
    replace_all(out, "%22", '"');
    replace_all(out, "%0D", '\r');
    replace_all(out, "%0A", '\n');
    return out;
}

std::string decode_percent(std::string_view text) { return replace_invalid_utf8(percent_bytes(text)); }

std::optional<std::string> decode_extended(std::string_view text) {
    auto const first = text.find('\'');
    auto const second = first == text.npos ? text.npos : text.find('\'', first + 1);
    if (second == text.npos) return std::nullopt;
    auto bytes = percent_bytes(text.substr(second + 1));
    if (lower(text.substr(0, first)) == "iso-8859-1") return latin1_to_utf8(bytes);
    if (!is_utf8(bytes)) return std::nullopt;
    return bytes;
}

std::string last_path_component(std::string_view path) {
    auto const slash = path.find_last_of("/\\");
    auto const name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return name == "." || name == ".." ? std::string() : std::string(name);
}

}  // namespace sma::http
