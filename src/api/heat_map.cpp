#include "heat_map.hpp"

#include "palette_png.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace sma::api {
namespace {

/// Every 17th of the 256 colors of viridis (Nathaniel Smith and Stéfan van der Walt, CC0; matplotlib's table), in 8
/// bits.
constexpr std::array<std::array<std::uint8_t, 3>, 16> viridis{{{68, 1, 84},
                                                               {72, 26, 108},
                                                               {71, 47, 125},
                                                               {65, 68, 135},
                                                               {57, 86, 140},
                                                               {49, 104, 142},
                                                               {42, 120, 142},
                                                               {35, 136, 142},
                                                               {31, 152, 139},
                                                               {34, 168, 132},
                                                               {53, 183, 121},
                                                               {84, 197, 104},
                                                               {122, 209, 81},
                                                               {165, 219, 54},
                                                               {210, 226, 27},
                                                               {253, 231, 37}}};

constexpr int steps_a_color = 17;
/// Of 255: the picture below stays visible.
constexpr int alpha_max = 178;

/// What lies between two colors of the table is mixed of them.
png_color color_of(int level) {
    auto const below = static_cast<std::size_t>(level / steps_a_color);
    auto const above = std::min(below + 1, viridis.size() - 1);
    int const share = level % steps_a_color;
    auto const mixed = [&](std::size_t channel) {
        int const sum = viridis[below][channel] * (steps_a_color - share) + viridis[above][channel] * share;
        return static_cast<std::uint8_t>((sum + steps_a_color / 2) / steps_a_color);
    };
    return {mixed(0), mixed(1), mixed(2), static_cast<std::uint8_t>(level * alpha_max / 255)};
}

png_palette make_palette() {
    png_palette palette;
    for (std::size_t level = 0; level < palette.size(); ++level) palette[level] = color_of(static_cast<int>(level));
    return palette;
}

/// Where a pixel's center lies between the centers of two cells.
struct neighbors {
    int first;
    int second;
    float share;  ///< of the second
};

neighbors neighbors_of(int pixel, int pixels, int cells) {
    float const at = (static_cast<float>(pixel) + 0.5F) * static_cast<float>(cells) / static_cast<float>(pixels) - 0.5F;
    float const held = std::clamp(at, 0.0F, static_cast<float>(cells - 1));
    int const first = static_cast<int>(held);
    return {first, std::min(first + 1, cells - 1), held - static_cast<float>(first)};
}

float between(heat_grid const& grid, neighbors const& x, neighbors const& y) {
    auto const at = [&](int column, int row) {
        return grid.values[static_cast<std::size_t>(row) * static_cast<std::size_t>(grid.width) +
                           static_cast<std::size_t>(column)];
    };
    float const above = std::lerp(at(x.first, y.first), at(x.second, y.first), x.share);
    float const below = std::lerp(at(x.first, y.second), at(x.second, y.second), x.share);
    return std::lerp(above, below, y.share);
}

}  // namespace

std::string heat_map_png(heat_grid const& grid, int width, int height) {
    static png_palette const palette = make_palette();
    float const largest = *std::max_element(grid.values.begin(), grid.values.end());
    float const factor = largest > 0 ? 255.0F / largest : 0.0F;
    std::string levels;
    levels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    for (int y = 0; y < height; ++y) {
        auto const rows = neighbors_of(y, height, grid.height);
        for (int x = 0; x < width; ++x) {
            float const value = between(grid, neighbors_of(x, width, grid.width), rows);
            levels += static_cast<char>(std::clamp(std::lround(value * factor), 0L, 255L));
        }
    }
    return write_palette_png(levels, width, height, palette);
}

}  // namespace sma::api
