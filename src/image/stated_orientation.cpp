#include "stated_orientation.hpp"

#include "tiff_directory.hpp"

namespace sma::image {

namespace {

constexpr std::uint16_t orientation_tag = 274;

std::optional<int> tiff_orientation(std::string_view tiff) noexcept {
    tiff_directories const in(tiff);
    std::uint64_t const directory = in.first();
    if (!in.has(directory)) return std::nullopt;
    std::uint64_t const n = in.entries(directory);
    for (std::uint64_t i = 0; i < n; ++i) {
        auto const entry = in.at(directory, i);
        if (entry.id != orientation_tag) continue;
        std::uint64_t const value = in.value(entry);
        return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return std::nullopt;
}

// After the property's name: ="6" or >6<, with white space around.
std::optional<int> property_value(std::string_view text) noexcept {
    bool delimited = false;
    for (char const c : text) {
        if (c >= '0' && c <= '9') return delimited && c >= '1' && c <= '8' ? c - '0' : 1;
        delimited = delimited || c == '=' || c == '>';
        bool const is_space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (!is_space && c != '=' && c != '>' && c != '"' && c != '\'') break;
    }
    return std::nullopt;
}

std::optional<int> xmp_orientation(std::string_view xmp) noexcept {
    constexpr std::string_view property = "tiff:Orientation";
    for (auto at = xmp.find(property); at != std::string_view::npos; at = xmp.find(property, at + 1)) {
        if (auto const value = property_value(xmp.substr(at + property.size()))) return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<int> orientation_in(std::string_view metadata) noexcept {
    constexpr std::string_view exif_prefix("Exif\0\0", 6);
    if (metadata.starts_with(exif_prefix)) metadata.remove_prefix(exif_prefix.size());
    return is_tiff(metadata) ? tiff_orientation(metadata) : xmp_orientation(metadata);
}

}  // namespace sma::image
