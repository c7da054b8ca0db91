// Colors of a file whose picture has four quarters: red and green above, blue and yellow below.
#pragma once

#include "sma/image/decoder.hpp"

#include "catch.hpp"

#include <array>
#include <cstdlib>
#include <string>

namespace sma::image::test {

/// Its quarters in the order in which one reads: 'r', 'g', 'b' or 'y' each; '?' for any other color.
inline std::string quadrants_of(decoder& d, std::string const& file) {
    struct named_color {
        char name;
        std::array<int, 3> value;
    };
    constexpr named_color colors[] = {
        {'r', {220, 40, 40}}, {'g', {40, 200, 60}}, {'b', {50, 60, 220}}, {'y', {230, 210, 60}}};
    constexpr int margin = 8;  // of lossy coding
    constexpr std::size_t side = 224;
    auto const crop = d.decode_crop(file);
    if (crop.has_error()) return crop.error().message;
    std::string names;
    for (std::size_t const y : {side / 4, side * 3 / 4}) {
        for (std::size_t const x : {side / 4, side * 3 / 4}) {
            names += '?';
            for (auto const& color : colors) {
                bool alike = true;
                for (std::size_t c = 0; c < 3; ++c)
                    alike = alike && std::abs((*crop)[(y * side + x) * 3 + c] - color.value[c]) <= margin;
                if (alike) names.back() = color.name;
            }
        }
    }
    return names;
}

inline void check_quadrants(std::string const& file, std::string const& wanted = "rgby") {
    decoder d{decode_options{}};
    CHECK(quadrants_of(d, file) == wanted);
}

}  // namespace sma::image::test
