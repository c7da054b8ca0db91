#include "png_text.hpp"

#include "sma/core/hexadecimal.hpp"
#include "vips_object.hpp"

#include <algorithm>
#include <string>

#include <gio/gio.h>

namespace sma::image {

namespace {

constexpr std::size_t inflated_max = 256 * 1024;  // EXIF takes 64 KiB at most, twice that in hexadecimal

/// What is before the next such byte, which is taken off as well.
std::string_view take_until(std::string_view& data, char end) noexcept {
    std::size_t const n = std::min(data.find(end), data.size());
    auto const field = data.substr(0, n);
    data.remove_prefix(std::min(data.size(), n + 1));
    return field;
}

/// The bytes of a raw profile, as ImageMagick writes it: after an empty line, its name, and its length, in hexadecimal.
std::string raw_profile(std::string_view text) {
    constexpr int lines_before = 3;
    for (int i = 0; i < lines_before; ++i) take_until(text, '\n');
    std::string bytes;
    int high = -1;
    for (char const c : text) {
        int const digit = hex_digit(c);
        if (digit < 0) continue;
        if (high >= 0) bytes.push_back(static_cast<char>(high * 16 + digit));
        high = high >= 0 ? -1 : digit;
    }
    return bytes;
}

std::string text_of(std::string_view type, std::string_view data) {
    if (type == "tEXt") return std::string(data);
    if (type == "zTXt") return data.empty() ? std::string() : inflated(data.substr(1));
    bool const compressed = !data.empty() && data[0] != '\0';
    data.remove_prefix(std::min<std::size_t>(data.size(), 2));
    take_until(data, '\0');  // the language
    take_until(data, '\0');  // the keyword in it
    return compressed ? inflated(data) : std::string(data);
}

}  // namespace

std::string inflated(std::string_view zlib) {
    vips_ref<GZlibDecompressor> const decompressor(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
    std::string out(inflated_max, '\0');
    std::size_t filled = 0;
    auto result = G_CONVERTER_CONVERTED;
    while (result == G_CONVERTER_CONVERTED && filled < out.size()) {
        gsize read = 0;
        gsize written = 0;
        result = g_converter_convert(G_CONVERTER(decompressor.get()), zlib.data(), zlib.size(), out.data() + filled,
                                     out.size() - filled, G_CONVERTER_INPUT_AT_END, &read, &written, nullptr);
        if (result == G_CONVERTER_ERROR) break;
        zlib.remove_prefix(read);
        filled += written;
    }
    out.resize(filled);
    return out;
}

void look_at_png_text(stated_orientation& orientation, std::string_view type, std::string_view data) {
    if (type != "tEXt" && type != "zTXt" && type != "iTXt") return;
    auto const keyword = take_until(data, '\0');
    auto const profile = [type, data] { return orientation_in(raw_profile(text_of(type, data))); };
    if (keyword == "Raw profile type exif") {
        orientation.look(orientation_place::exif_profile, profile);
    } else if (keyword == "Raw profile type APP1" || keyword == "Raw profile type app1") {
        orientation.look(orientation_place::app1_profile, profile);
    } else if (keyword == "Raw profile type xmp") {
        orientation.look(orientation_place::xmp, profile);
    } else if (keyword == "XML:com.adobe.xmp") {
        orientation.look(orientation_place::xmp, [type, data] { return orientation_in(text_of(type, data)); });
    }
}

}  // namespace sma::image
